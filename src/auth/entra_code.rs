//! Entra's refusals by their AADSTS number. Nothing hangs on it but the words: Microsoft forbids depending on numbers.

use crate::model::Code;

/// 50076, 50079, 50158.
const SECOND_FACTOR: Code = Code {
    id: "ITSMD-AUTH-030",
    means: "Entra wants a second factor of this account",
    remedy: "a daemon cannot give a second factor: exclude the account from multi-factor authentication by a conditional \
             access policy, or use an application user with method `entra`",
};
/// 50126, 50056, 50107, 51004, 50020.
const PASSWORD: Code = Code {
    id: "ITSMD-AUTH-031",
    means: "user name or password is wrong, or the account cannot sign in this way",
    remedy: "check both; an account that has no password that Entra knows (federated elsewhere, as by AD FS, a guest, or \
             passwordless) cannot be used: take a cloud-only account of the tenant, or an application user with method \
             `entra`",
};
/// 50034.
const NO_USER: Code = Code {
    id: "ITSMD-AUTH-032",
    means: "the user does not exist in this tenant",
    remedy: "check `username` and `tenant_id`",
};
/// 50053.
const LOCKED: Code = Code {
    id: "ITSMD-AUTH-033",
    means: "the account is locked after too many wrong passwords",
    remedy: "correct the password, then wait or unlock it",
};
/// 50055, 50144.
const PASSWORD_EXPIRED: Code = Code {
    id: "ITSMD-AUTH-034",
    means: "the account's password has expired",
    remedy: "set a new one",
};
/// 50057.
const DISABLED: Code = Code {
    id: "ITSMD-AUTH-035",
    means: "the account is disabled",
    remedy: "enable it, or use another",
};
/// 65001.
const CONSENT: Code = Code {
    id: "ITSMD-AUTH-036",
    means: "consent is missing",
    remedy: "an administrator has to grant the application's delegated permission",
};
/// 7000215.
const SECRET: Code = Code {
    id: "ITSMD-AUTH-037",
    means: "the client secret is wrong",
    remedy: "the secret's value is needed, not its id; make a new one for the application, if in doubt",
};
/// 7000222.
const SECRET_EXPIRED: Code = Code {
    id: "ITSMD-AUTH-038",
    means: "the client secret has expired",
    remedy: "make a new one for the application",
};
/// 7000218.
const NO_SECRET_SENT: Code = Code {
    id: "ITSMD-AUTH-039",
    means: "Entra wants a client secret, and none is sent by this method",
    remedy: "for `entra-password` allow public client flows on the application (Authentication, Advanced settings)",
};
/// 700016, 7000112.
const APPLICATION: Code = Code {
    id: "ITSMD-AUTH-040",
    means: "the application is not known in this tenant, or disabled",
    remedy: "check `client_id` and `tenant_id`",
};
/// 90002, 50194, 50128, 90019.
const TENANT: Code = Code {
    id: "ITSMD-AUTH-041",
    means: "the tenant does not exist, or none of its own is named",
    remedy: "set `tenant_id` to the directory's GUID or domain name; a national cloud's tenant needs its `authority`",
};
/// 500011, 70011.
const SCOPE: Code = Code {
    id: "ITSMD-AUTH-042",
    means: "the scope is not known in this tenant",
    remedy: "check `scope`, often it is another cloud's; for Dataverse check `server_url`",
};
/// 50012, 900384, 700027.
const CERTIFICATE: Code = Code {
    id: "ITSMD-AUTH-043",
    means: "the certificate is not the one registered with the application",
    remedy: "upload it there (Certificates & secrets), or use the one that is registered; check that `certificate` and \
             `private_key` are the current pair and have not expired",
};
/// 90055.
const THROTTLED: Code = Code {
    id: "ITSMD-AUTH-044",
    means: "the tenant is being throttled by Entra",
    remedy: "it is tried again later by itself",
};
/// 70021, 700211, 700212, 700213.
const FEDERATED: Code = Code {
    id: "ITSMD-AUTH-045",
    means: "no federated credential of the application matches the token of the workload",
    remedy: "make issuer, subject and audience of the federated credential those of the token file, letter for letter",
};
/// 53000 to 53003, 530034.
const BLOCKED: Code = Code {
    id: "ITSMD-AUTH-046",
    means: "a conditional access policy blocks this sign-in",
    remedy: "the sign-in log of Entra names the policy: exclude this account or application from it, or allow this \
             machine's address",
};
/// 700025.
const PUBLIC_CLIENT: Code = Code {
    id: "ITSMD-AUTH-047",
    means: "the application is a public client, which must not send a secret",
    remedy: "use an application with a secret or certificate of its own, or method `entra-password`",
};
/// 700030, 1000502.
const CERTIFICATE_EXPIRED: Code = Code {
    id: "ITSMD-AUTH-048",
    means: "the certificate to sign in with has expired, or is not valid yet",
    remedy: "make a new one and register it with the application; check this machine's clock",
};
/// 700024.
const ASSERTION_TIME: Code = Code {
    id: "ITSMD-AUTH-049",
    means: "Entra does not take the signed assertion at this time",
    remedy: "check this machine's clock",
};
/// 50105.
const NOT_ASSIGNED: Code = Code {
    id: "ITSMD-AUTH-050",
    means: "the application requires assignment, and the user is not assigned to it",
    remedy: "assign the user (Enterprise applications, Users and groups)",
};

/// 90006, 90012, 90024, 90033, 90090.
const BUSY: Code = Code {
    id: "ITSMD-AUTH-051",
    means: "Entra had no time for the sign-in",
    remedy: "it is tried again by itself; if it goes on, the status page of Microsoft Entra says more",
};

/// All of them, for `itsmd explain` and the documentation.
pub const ENTRA_CODES: &[Code] = &[
    SECOND_FACTOR,
    PASSWORD,
    NO_USER,
    LOCKED,
    PASSWORD_EXPIRED,
    DISABLED,
    CONSENT,
    SECRET,
    SECRET_EXPIRED,
    NO_SECRET_SENT,
    APPLICATION,
    TENANT,
    SCOPE,
    CERTIFICATE,
    THROTTLED,
    FEDERATED,
    BLOCKED,
    PUBLIC_CLIENT,
    CERTIFICATE_EXPIRED,
    ASSERTION_TIME,
    NOT_ASSIGNED,
    BUSY,
];

/// What each AADSTS number is here, for `itsmd explain` and the sign-in alike.
pub const ENTRA_NUMBERS: &[(&Code, &[u32])] = &[
    (&SECOND_FACTOR, &[50076, 50079, 50158]),
    (&PASSWORD, &[50126, 50056, 50107, 51004, 50020]),
    (&NO_USER, &[50034]),
    (&LOCKED, &[50053]),
    (&PASSWORD_EXPIRED, &[50055, 50144]),
    (&DISABLED, &[50057]),
    (&CONSENT, &[65001]),
    (&SECRET, &[7_000_215]),
    (&SECRET_EXPIRED, &[7_000_222]),
    (&NO_SECRET_SENT, &[7_000_218]),
    (&APPLICATION, &[700_016, 7_000_112]),
    (&TENANT, &[90002, 50194, 50128, 90019]),
    (&SCOPE, &[500_011, 70011]),
    (&CERTIFICATE, &[50012, 900_384, 700_027]),
    (&THROTTLED, &[90055]),
    (&FEDERATED, &[70021, 700_211, 700_212, 700_213]),
    (&BLOCKED, &[53000, 53001, 53002, 53003, 530_034]),
    (&PUBLIC_CLIENT, &[700_025]),
    (&CERTIFICATE_EXPIRED, &[700_030, 1_000_502]),
    (&ASSERTION_TIME, &[700_024]),
    (&NOT_ASSIGNED, &[50105]),
    (&BUSY, &[90006, 90012, 90024, 90033, 90090]),
];

/// The code of an AADSTS number; `None` for one that says nothing more than that it was refused.
pub(super) fn code_of(number: u32) -> Option<&'static Code> {
    let (code, _) = ENTRA_NUMBERS.iter().find(|(_, numbers)| numbers.contains(&number))?;
    Some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_leads_to_its_own_remedy() {
        for (number, words) in [
            (50076, "second factor"),
            (50079, "second factor"),
            (50126, "federated"),
            (50056, "no password that Entra knows"),
            (50107, "federated elsewhere"),
            (50053, "locked"),
            (53003, "conditional access"),
            (65001, "consent"),
            (7_000_215, "not its id"),
            (7_000_222, "has expired"),
            (7_000_218, "public client"),
            (700_016, "`client_id`"),
            (7_000_112, "disabled"),
            (90002, "`tenant_id`"),
            (500_011, "`scope`"),
            (70011, "another cloud"),
            (50012, "registered with the application"),
            (700_027, "registered with the application"),
            (900_384, "registered with the application"),
            (70021, "federated credential"),
            (700_024, "clock"),
            (90033, "by itself"),
            (90055, "throttled"),
        ] {
            let code = code_of(number).unwrap();
            let told = format!("{}; {}", code.means, code.remedy);
            assert!(told.contains(words), "{number}: {told}");
        }
        assert_eq!(code_of(1), None);
    }

    #[test]
    fn no_number_has_two_codes_and_every_code_has_a_number() {
        let mut seen = std::collections::BTreeSet::new();
        for number in ENTRA_NUMBERS.iter().flat_map(|(_, numbers)| *numbers) {
            assert!(seen.insert(number), "{number}");
        }
        for code in ENTRA_CODES {
            assert!(ENTRA_NUMBERS.iter().any(|(known, _)| *known == code), "{}", code.id);
        }
    }
}
