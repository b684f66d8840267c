//! The page's one stylesheet and the policy that allows it and nothing else.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// Colours by the system's preference; no image, no font, no script.
pub(super) const STYLE: &str = "
:root{color-scheme:light dark;--paper:#f6f7f9;--card:#fff;--ink:#1b2330;--soft:#5b6675;--line:#e2e6eb;
--good:#1a7f4b;--busy:#1f6fd0;--late:#9a6200;--bad:#c02b2b}
@media(prefers-color-scheme:dark){:root{--paper:#11151b;--card:#191f28;--ink:#e7ebf0;--soft:#98a4b3;--line:#2a323d;
--good:#4cc38a;--busy:#6cb2ff;--late:#e5b04b;--bad:#ff7b72}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,-apple-system,'Segoe UI',sans-serif}
main{max-width:72rem;margin:0 auto;padding:2rem 1.25rem 3rem}
header{display:flex;flex-wrap:wrap;align-items:baseline;gap:.25rem 1rem;margin-bottom:1.5rem}
h1{margin:0;font-size:2.25rem;line-height:1.15;letter-spacing:-.02em}
h1::before{content:'';display:inline-block;width:.5em;height:.5em;border-radius:50%;background:currentColor;margin-right:.4em;vertical-align:.1em}
h2{margin:2rem 0 .75rem;font-size:1.05rem}
header p,footer{color:var(--soft);margin:0}
footer{margin-top:2rem;font-size:.85rem}
a{color:inherit}
.good{color:var(--good)}.busy{color:var(--busy)}.late{color:var(--late)}.bad{color:var(--bad)}.off{color:var(--soft)}
.card{background:var(--card);border:1px solid var(--line);border-radius:.6rem}
.scroll{overflow-x:auto}
table{width:100%;border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{padding:.65rem .9rem;text-align:left;vertical-align:top;border-top:1px solid var(--line)}
thead th{border-top:0;color:var(--soft);font-size:.8rem;font-weight:600;white-space:nowrap}
tbody th{font-weight:600}
tbody th small{display:block;color:var(--soft);font-weight:400}
td.number,th.number{text-align:right}
td{white-space:nowrap}
.state{font-weight:600}
.why{display:block;max-width:22rem;color:var(--soft);font-size:.85rem;white-space:normal}
progress{display:block;width:7rem;height:.45rem;margin-top:.3rem;appearance:none;border:0;border-radius:1rem;overflow:hidden;background:var(--line)}
progress::-webkit-progress-bar{background:var(--line)}
progress::-webkit-progress-value{background:var(--busy)}
progress::-moz-progress-bar{background:var(--busy)}
article{padding:1rem 1.1rem;margin-bottom:.75rem;border-left:4px solid var(--bad)}
article.note{border-left-color:var(--late)}
article h3{margin:0 0 .35rem;font-size:1rem}
article p{margin:.2rem 0;overflow-wrap:anywhere}
article .remedy{font-weight:600}
code{font:.85em ui-monospace,'SF Mono',Menlo,Consolas,monospace}
ul.recent{display:flex;flex-wrap:wrap;gap:.5rem;margin:0;padding:0;list-style:none}
ul.recent li{padding:.25rem .6rem}
@media(max-width:46rem){
main{padding:1.25rem .8rem 2rem}
thead{position:absolute;clip-path:inset(50%)}
table,tbody,tr,th,td{display:block}
tr{padding:.6rem .9rem;border-top:1px solid var(--line)}
tbody tr:first-child{border-top:0}
tbody th,td,td.number{display:flex;justify-content:space-between;gap:1rem;padding:.2rem 0;border:0;text-align:right;white-space:normal}
tbody th{align-items:baseline}
td::before{content:attr(data-name);color:var(--soft)}
progress{margin-left:auto}}
";

/// The `Content-Security-Policy` under which the page is shown.
pub(super) fn content_security_policy() -> String {
    let hash = STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}
