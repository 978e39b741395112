import { secureHeaders } from 'hono/secure-headers';

/**
 * Nothing is allowed but our own style sheet, icon, script files, what these fetch, and forms: no inline script, no frame, no other
 * origin.
 * `same-origin` and not `no-referrer`, because under the latter browsers send `Origin: null` with our own forms.
 */
export function securityHeaders(options: { tls: boolean }) {
  return secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      connectSrc: ["'self'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'"],
      formAction: ["'self'"],
      baseUri: ["'none'"],
      frameAncestors: ["'none'"],
    },
    referrerPolicy: 'same-origin',
    xFrameOptions: 'DENY',
    strictTransportSecurity: options.tls ? 'max-age=31536000; includeSubDomains' : false,
    permissionsPolicy: { camera: [], microphone: [], geolocation: [], payment: [] },
  });
}
