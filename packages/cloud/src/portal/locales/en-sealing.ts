/** What is told about passwords that are sealed in the browser. */
export const enSealing = {
  working: 'Your password is being encrypted and sent. This takes a few seconds.',
  interrupted: {
    heading: 'The connection was interrupted',
    body: 'What you entered is still here, and nothing of it was sent in the clear. Send it again: if it arrived the first time, it is not done twice.',
  },
  scriptNeeded: {
    title: 'This page needs JavaScript',
    body: 'Your organisation accepts new passwords only when your browser encrypts them before they leave it. Turn JavaScript on, or use another browser or device.',
  },
  clearRefused: {
    title: 'Your password was not taken',
    body: [
      'It was sent without being encrypted in your browser first, which your organisation does not accept. It was not used, and your password has not been changed.',
      'Turn JavaScript on, or use another browser or device, and start again. Do not use the password that you have just entered.',
    ],
  },
};
