export type Mail = { to: string; subject: string; text: string; html: string };

/** Hands a mail to the mail server. Throws when it was not taken. */
export type MailSender = {
  send(mail: Mail): Promise<void>;
  close?(): void;
};
