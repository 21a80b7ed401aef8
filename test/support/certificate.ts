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
