//! What a browser may do for the page: its own files and nothing else, no script or style inside the HTML, no frame around it.

/// The `Content-Security-Policy` under which everything is shown.
pub fn content_security_policy() -> &'static str {
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
     form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
}
