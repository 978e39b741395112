export const STYLES = `
:root { color-scheme: light dark; }
`;
export const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><path fill="#0f5a63" d="M16 3 3.5 13.2V27a2 2 0 0 0 2 2h21a2 2 0 0 0 2-2V13.2Z"/><path fill="#ffd98a" d="M12 29V19.5a4 4 0 0 1 8 0V29Z"/></svg>
`;
