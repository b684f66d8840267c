//! An Arc server's challenge: a file is named in `WWW-Authenticate`, and whoever can read it shows what it holds.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderValue, Response, StatusCode, header};

use super::Inner;

/// What is wrong with a challenge: what a careful client must not fall for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trick {
    /// Nothing.
    None,
    /// The file is in this folder, not in the one of challenges.
    Elsewhere(PathBuf),
    /// The path goes up out of the folder to this one below its parent.
    Traversal(String),
    /// The name ends in something else than `.key`.
    Extension,
    /// The file is a link to one that is elsewhere.
    Link(PathBuf),
    /// The file is so long.
    Length(usize),
    /// There is no file.
    Missing,
    /// No file is named.
    NoRealm,
    /// What the file holds is not taken.
    Deaf,
}

impl Inner {
    /// Whether the request shows what the last challenge's file holds; a challenge is met but once.
    pub(super) fn met(&mut self, parts: &Parts) -> bool {
        let shown = parts.headers.get(header::AUTHORIZATION);
        let Some(shown) = shown.and_then(|value| value.to_str().ok()) else {
            return false;
        };
        let Some((file, secret)) = self.challenge.take() else {
            return false;
        };
        // The agent takes it away; where it is gone already, nobody misses it.
        let _gone = fs::remove_file(file);
        self.setting.trick != Trick::Deaf && shown.strip_prefix("Basic ") == Some(secret.as_str())
    }

    /// 401 that names the file.
    pub(super) fn challenge(&mut self) -> Response<Body> {
        let secret: String = std::iter::repeat_with(|| fastrand::digit(16)).take(64).collect();
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::UNAUTHORIZED;
        let (file, named) = self.file();
        if self.lay(&file, &secret).is_err() {
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            return response;
        }
        self.challenge = Some((file, secret));
        let realm = if self.setting.trick == Trick::NoRealm {
            "Basic".to_owned()
        } else {
            format!("Basic realm={}", named.display())
        };
        if let Ok(value) = HeaderValue::from_str(&realm) {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
        }
        response
    }

    /// Where the file is, and how that is spelled.
    fn file(&self) -> (PathBuf, PathBuf) {
        let name = uuid::Uuid::new_v4().to_string();
        let folder = &self.setting.folder;
        match &self.setting.trick {
            Trick::Elsewhere(other) => same(other.join(format!("{name}.key"))),
            Trick::Traversal(sibling) => {
                let file = format!("{name}.key");
                let real = folder.parent().unwrap_or(folder).join(sibling).join(&file);
                (real, folder.join("..").join(sibling).join(file))
            }
            Trick::Extension => same(folder.join(format!("{name}.txt"))),
            Trick::None | Trick::Link(_) | Trick::Length(_) | Trick::Missing | Trick::NoRealm | Trick::Deaf => {
                same(folder.join(format!("{name}.key")))
            }
        }
    }

    fn lay(&self, file: &Path, secret: &str) -> io::Result<()> {
        match &self.setting.trick {
            Trick::Missing => Ok(()),
            Trick::Link(target) => {
                fs::write(target, secret)?;
                std::os::unix::fs::symlink(target, file)
            }
            Trick::Length(bytes) => fs::write(file, "a".repeat(*bytes)),
            Trick::None
            | Trick::Elsewhere(_)
            | Trick::Traversal(_)
            | Trick::Extension
            | Trick::NoRealm
            | Trick::Deaf => fs::write(file, secret),
        }
    }
}

fn same(path: PathBuf) -> (PathBuf, PathBuf) {
    (path.clone(), path)
}
