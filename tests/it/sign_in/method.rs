//! Every way to sign in: what is configured for it, where it is asked for, and what its refusals are called.

use super::wire::Whom;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Basic,
    ApiKey,
    OauthPassword,
    OauthClientCredentials,
    OauthRefresh,
    OauthJwtBearer,
    EntraSecret,
    EntraCertificate,
    ProvanceSecret,
    ProvanceCertificate,
    ProvancePassword,
    ClientSecret,
    ClientCertificate,
    WorkloadIdentity,
    ManagedIdentity,
}

/// All that can be played without a socket; the others are in `binary.rs`.
pub const ALL: [Method; 15] = [
    Method::Basic,
    Method::ApiKey,
    Method::OauthPassword,
    Method::OauthClientCredentials,
    Method::OauthRefresh,
    Method::OauthJwtBearer,
    Method::EntraSecret,
    Method::EntraCertificate,
    Method::ProvanceSecret,
    Method::ProvanceCertificate,
    Method::ProvancePassword,
    Method::ClientSecret,
    Method::ClientCertificate,
    Method::WorkloadIdentity,
    Method::ManagedIdentity,
];

/// What a refused sign-in is called.
#[derive(Debug, Clone, Copy)]
pub struct Codes {
    /// With a wrong secret from the beginning.
    pub wrong: &'static str,
    /// With a right one that was withdrawn.
    pub revoked: &'static str,
    /// Nobody is there who gives tokens.
    pub down: &'static str,
}

impl Method {
    /// Who gives its tokens; nobody where what is shown is always the same.
    pub fn endpoint(self) -> Option<Whom> {
        match self {
            Self::Basic | Self::ApiKey => None,
            Self::OauthPassword | Self::OauthClientCredentials | Self::OauthRefresh | Self::OauthJwtBearer => {
                Some(Whom::OauthToken)
            }
            Self::EntraSecret
            | Self::EntraCertificate
            | Self::ProvanceSecret
            | Self::ProvanceCertificate
            | Self::ProvancePassword => Some(Whom::DeskLogin),
            Self::ClientSecret | Self::ClientCertificate | Self::WorkloadIdentity => Some(Whom::WorkspaceLogin),
            Self::ManagedIdentity => Some(Whom::Machine),
        }
    }

    pub fn is_of_the_workspace(self) -> bool {
        matches!(self.endpoint(), Some(Whom::WorkspaceLogin | Whom::Machine))
    }

    /// Whether it signs with a key of its own.
    pub fn has_a_key(self) -> bool {
        matches!(
            self,
            Self::OauthJwtBearer | Self::EntraCertificate | Self::ProvanceCertificate | Self::ClientCertificate
        )
    }

    pub fn is_of_provance(self) -> bool {
        matches!(
            self,
            Self::ProvanceSecret | Self::ProvanceCertificate | Self::ProvancePassword
        )
    }

    pub fn codes(self) -> Codes {
        let of = |wrong, revoked| Codes {
            wrong,
            revoked,
            down: "ITSMD-NET-002",
        };
        let same = |code| of(code, code);
        match self {
            Self::Basic => same("ITSMD-AUTH-002"),
            Self::ApiKey => same("ITSMD-AUTH-014"),
            Self::OauthPassword => same("ITSMD-AUTH-006"),
            Self::OauthClientCredentials => same("ITSMD-AUTH-007"),
            Self::OauthRefresh => same("ITSMD-AUTH-016"),
            Self::OauthJwtBearer => same("ITSMD-AUTH-017"),
            // The directory gives tokens as before; the instance takes them no more.
            Self::EntraSecret => of("ITSMD-AUTH-037", "ITSMD-AUTH-004"),
            Self::EntraCertificate => of("ITSMD-AUTH-043", "ITSMD-AUTH-004"),
            Self::ProvanceSecret | Self::ClientSecret => of("ITSMD-AUTH-037", "ITSMD-AUTH-040"),
            Self::ProvanceCertificate | Self::ClientCertificate => of("ITSMD-AUTH-043", "ITSMD-AUTH-040"),
            Self::ProvancePassword => of("ITSMD-AUTH-031", "ITSMD-AUTH-035"),
            Self::WorkloadIdentity => of("ITSMD-AUTH-045", "ITSMD-AUTH-040"),
            Self::ManagedIdentity => Codes {
                down: "ITSMD-AUTH-020",
                ..same("ITSMD-AUTH-021")
            },
        }
    }
}
