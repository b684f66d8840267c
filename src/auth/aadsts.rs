//! What Entra's numbers mean to an operator: only words hang on them, never a decision.

/// What to do about a refusal with that number.
pub(super) fn remedy(number: u32) -> Option<&'static str> {
    Some(match number {
        50076 | 50079 | 50158 => {
            "the account needs a second factor, which a daemon cannot give: exclude it from multi-factor \
             authentication by a conditional access policy, or use an application user with method `entra`"
        }
        50126 => {
            "user name or password is wrong; a federated account (AD FS) or one without a password cannot sign in this \
             way: use a cloud-only account, or an application user with method `entra`"
        }
        50034 => "the user does not exist in this tenant: check `username` and `tenant_id`",
        50053 => "the account is locked after too many wrong passwords: correct the password, then wait or unlock it",
        50055 | 50144 => "the password has expired: set a new one",
        50057 => "the account is disabled",
        65001 => "consent is missing: an administrator has to grant the application's delegated permission",
        7_000_215 => "the client secret is wrong: the secret's value is needed, not its id",
        7_000_222 => "the client secret has expired: make a new one for the application",
        7_000_218 => {
            "Entra wants a client secret: for `entra-password` allow public client flows on the application \
             (Authentication, Advanced settings)"
        }
        700_016 | 7_000_112 => {
            "the application is not known in this tenant, or disabled: check `client_id` and `tenant_id`"
        }
        90002 => "the tenant does not exist: check `tenant_id`, and `authority` for national clouds",
        500_011 | 70011 => "the scope is not known in this tenant: check `scope`, often it is another cloud's",
        50012 | 900_384 | 700_027 => {
            "the certificate is not one registered with the application: upload it there (Certificates & secrets), and \
             check that `certificate` and `private_key` are the current pair"
        }
        700_030 | 1_000_502 => "the certificate has expired or is not valid yet: make a new one and register it",
        700_024 => "the assertion is not valid at this time: check this machine's clock",
        70021 | 700_211 | 700_212 | 700_213 => {
            "no federated credential of the application matches the token: its issuer, subject and audience must be \
             those of the token file, letter for letter"
        }
        50056 => {
            "the account has no password that Entra knows (federated, or without password): use a cloud-only account, or \
             an application user with method `entra`"
        }
        50107 | 51004 | 50020 => {
            "the account is not one of this tenant's own (federated elsewhere, or a guest): use a cloud-only account of \
             the tenant, or an application user with method `entra`"
        }
        53000 | 53001 | 53002 | 53003 | 530_034 => {
            "a conditional access policy blocks the sign-in: have this machine's address, or the application, excluded"
        }
        50105 => "the application requires assignment, and the user is not assigned to it",
        50194 | 50128 | 90019 => {
            "the request names no tenant of its own: set `tenant_id` to the directory's GUID or domain name"
        }
        90006 | 90012 | 90024 | 90033 | 90090 => "Entra had no time for it: it is tried again by itself",
        90055 => "the tenant is being throttled by Entra: it is tried again later by itself",
        _ => return None,
    })
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
            let told = remedy(number).unwrap_or_default();
            assert!(told.contains(words), "{number}: {told}");
        }
        assert_eq!(remedy(1), None);
    }
}
