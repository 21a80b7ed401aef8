/** A self-signed certificate for localhost and 127.0.0.1, for tests of TLS alone; it runs for a hundred years. */
export const certificate = `-----BEGIN CERTIFICATE-----
MIIBmzCCAUGgAwIBAgIUOhclSlPdnwJcP4ISCRBHiPMy7+YwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTExMTA1N1oYDzIxMjYxMDI4
MTExMDU3WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAT3Yxvsh9NNhSVj8N3YOxjFyIcobwbxB10owIeRCWyZv8o5ypWF9J/A
OeGaUirTmADtPMuh/cRzxzxCJsJIVGdqo28wbTAdBgNVHQ4EFgQU5RqgNcDaiJCE
DwS4i5ng6dY/+CkwHwYDVR0jBBgwFoAU5RqgNcDaiJCEDwS4i5ng6dY/+CkwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSAAwRQIgTu/U/JphNtEOWLQbI1wmk/crtGZpf1Jb7Nq698ysl3kCIQCR
Mqr4dxsw06NCFqP1bOhqx8Uey3n1ZAL1s0r0U75tFw==
-----END CERTIFICATE-----
`;

/** Its private key, which guards nothing. */
export const certificateKey = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQge+42gNIkeF/hyA5Z
/PoQKnrpnQOWxmKXe/gRe1NGXvehRANCAAT3Yxvsh9NNhSVj8N3YOxjFyIcobwbx
B10owIeRCWyZv8o5ypWF9J/AOeGaUirTmADtPMuh/cRzxzxCJsJIVGdq
-----END PRIVATE KEY-----
`;

/** Another one for the same places, by the name of \`renewed.example\`: what takes the place of the first. */
export const renewedCertificate = `-----BEGIN CERTIFICATE-----
MIIBpjCCAU2gAwIBAgIUU/BqPpcGrZ85fa0DZcOlB3ys/9AwCgYIKoZIzj0EAwIw
GjEYMBYGA1UEAwwPcmVuZXdlZC5leGFtcGxlMCAXDTI2MTEyOTIwNDUzNVoYDzIx
MjYxMTA1MjA0NTM1WjAaMRgwFgYDVQQDDA9yZW5ld2VkLmV4YW1wbGUwWTATBgcq
hkjOPQIBBggqhkjOPQMBBwNCAASGK+nvrcowDilP1SwWQF+IzjHEY7ln9LvS4cT7
McyzZHU2h8oMmlfzJzelAmGwGx+wTfaQFGWTXGrNYM16kIbwo28wbTAdBgNVHQ4E
FgQUI61GXjS0o5xmPPiwNwu/6rx560kwHwYDVR0jBBgwFoAUI61GXjS0o5xmPPiw
Nwu/6rx560kwDwYDVR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SH
BH8AAAEwCgYIKoZIzj0EAwIDRwAwRAIgFYu+q10oRzhPP6VWIBt/GMI+G6rYd5qI
9pZKfaDoHrMCIGVCCSGaUinWdlyWExPJ7ootWJgFkguRPBp9jBx34hf7
-----END CERTIFICATE-----
`;

/** Its private key, which guards nothing. */
export const renewedKey = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgDdPrsLBqYVmPnm7X
iDiLvMHvQCsXq6JhJDjND5k/6rqhRANCAASGK+nvrcowDilP1SwWQF+IzjHEY7ln
9LvS4cT7McyzZHU2h8oMmlfzJzelAmGwGx+wTfaQFGWTXGrNYM16kIbw
-----END PRIVATE KEY-----
`;

/** One for the name localhost alone, not for its address. */
export const nameCertificate = `-----BEGIN CERTIFICATE-----
MIIBlTCCATugAwIBAgIUVvkotwUx8biqrRhIviJs6KWZSdwwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEzMDA0MTYyOVoYDzIxMjYxMTA2
MDQxNjI5WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAASEBM4PrJarhaD/EBDKUEhpApbxiRvFv0Qrh8q4WsIJs6s9hDzZ+EgC
ooC52ypi5El+NETYhcaxtGHKwMj/drxvo2kwZzAdBgNVHQ4EFgQU7o4Y+deQ9SWV
Tp1FUo4yLXYvR1IwHwYDVR0jBBgwFoAU7o4Y+deQ9SWVTp1FUo4yLXYvR1IwDwYD
VR0TAQH/BAUwAwEB/zAUBgNVHREEDTALgglsb2NhbGhvc3QwCgYIKoZIzj0EAwID
SAAwRQIgRlrIxuQhxioXHx89Z3XT4kJGVjm9qFehh7zwR3yufEMCIQDRhAvaYC9v
lvLv/EYmNRcVium2jLVtNaCLUCoQRY/gAA==
-----END CERTIFICATE-----
`;

/** Its private key, which guards nothing. */
export const nameKey = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgOcgEWkECxLtNg08Y
93n6OaPrTeWb3SFM1VGMSJj2aN6hRANCAASEBM4PrJarhaD/EBDKUEhpApbxiRvF
v0Qrh8q4WsIJs6s9hDzZ+EgCooC52ypi5El+NETYhcaxtGHKwMj/drxv
-----END PRIVATE KEY-----
`;
