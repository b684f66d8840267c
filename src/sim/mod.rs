//! Stateful simulators of the systems itsmd talks to, and a believable world for them to hold.
//!
//! They share no code with the client beyond [`crate::model`]'s names: a simulator that used the
//! client's parser would prove nothing.
//!
//! Nothing here was held against the real things. How far each behaviour can be trusted: **seen** by somebody who met
//! the real thing and recorded, quoted or measured it, or wrote a client that tells it apart; **documented** by the
//! vendor; **inferred** from what is; a **guess**: our choice. Whatever could be otherwise has a switch, and any fault can
//! be ordered for a route, by chance and for a number of times ([`menu`]).
//!
//! # `ServiceNow`
//!
//! | behaviour | where | grade | switch | default |
//! |---|---|---|---|---|
//! | unversioned, v1 and v2 routes; v1 is 404 on nothing, v2 an empty list | `routes` | documented | the path | v2 |
//! | `HEAD` answers like `GET` without the body | `routes` | documented | | |
//! | limit (10,000 unless given) before access rules: short and empty pages | `list` | documented | [`Desk::hide`] | nothing hidden |
//! | `X-Total-Count` before access rules, absent with `sysparm_no_count` | `list` | documented | the request | counted |
//! | without a count no `Link` either | `list` | inferred | | |
//! | `Link` in its exact form, `prev` with offset -1 on the first page | `link` | seen, with a limit of 1 | the request | given |
//! | `^ ^OR ^NQ ^EQ`, operators, `IN`, `BETWEEN`, dot-walks | `query`, `matching` | documented | | |
//! | `ORDERBY` anywhere counts for the whole query; `^^` escapes | `query` | seen | | |
//! | `LIKE` and its kin ignore case, `=` does not | `matching` | inferred | | |
//! | an invalid part of a query is left out, gives no rows, or 403 | `query` | documented, documented, seen | [`Desk::set_invalid_part`] | left out |
//! | date-times in a query are UTC, or of the user's zone | `query` | documented both ways: disputed | [`Desk::set_zone`] | UTC |
//! | `javascript:gs.getUserID()` is the row of whoever asks in `sys_user` | `query` | documented | | |
//! | `javascript:gs.dateGenerate` and its like are of the user's zone | `zone` | documented | [`Desk::set_zone`] | UTC |
//! | unknown fields of `sysparm_fields` are silently absent | `render` | documented | | |
//! | every field whatever was asked for (a proxy, a scripted API) | `list` | guess | [`Desk::all_fields`] | off |
//! | all scalars are texts, four shapes of references, empty ones `""` | `render` | documented | the request | raw |
//! | `display_value` may be null; journals are empty unless displayed | `render` | seen, documented | | |
//! | unreadable fields are absent, a row of nothing else is `{}` | `render` | documented | [`Desk::hide_field`] | none |
//! | a single record that may not be read is 404 | `list` | seen | [`Desk::hide`] | none |
//! | 403 for a table, 400 for one that is not there | `list` | seen | [`Desk::forbid`], [`Desk::drop_table`] | none |
//! | order inside ties is unstable unless ordered by `sys_id` | `select` | seen (measured); how far a row strays is a guess | [`Desk::set_seed`] | unstable |
//! | no snapshot between pages | [`Desk`] | seen | [`Desk::set_meanwhile`] | nothing happens |
//! | stamps of a second; back-dated imports; updates that leave the stamp alone | [`Desk::put`] | documented | the row | its own stamp |
//! | a version is seen some time after its stamp, the older one until then | `late` | inferred | [`Desk::set_lateness`] | at once |
//! | a replica that lags behind: the same | `late` | inferred | [`Desk::set_lateness`] | at once |
//! | clocks of nodes differ; a session stays on its node | `desk` | inferred | [`Desk::set_nodes`] | one node, right |
//! | deletion leaves a row in `sys_audit_delete` | [`Desk::delete`] | documented | | |
//! | a table cleaner leaves none | [`Desk::clean`] | documented | | |
//! | archiving moves the row to `ar_{table}` | [`Desk::archive`] | documented | | |
//! | error bodies | `answer` | documented, seen | | |
//! | a cancelled transaction: 200, half the rows, an error in four spellings | `faulty` | seen | [`Fault::ErrorMember`], [`Desk::set_spelling`] | both keys |
//! | a page of too many rows is cancelled | `list` | inferred | [`Desk::set_too_slow`] | no limit |
//! | a row that cannot be read, but for three fields | `list` | guess | [`Desk::poison`] | none |
//! | a request takes time by rows and offset; 60 s are the most | `gate` | documented; how much is a guess | [`Desk::set_pace`] | no time |
//! | 4 threads, 50 waiting, then 429 without headers | `gate` | documented; the empty body is inferred | [`Desk::set_pool`] | 4, 50 |
//! | one transaction a session, 10 waiting, then 202, not executed | `gate` | documented | [`Desk::set_session_queue`] | 10 |
//! | a rate rule: fixed hour, three headers, 429 with `Retry-After` in seconds | `rate` | documented | [`Desk::set_hourly_limit`] | no rule |
//! | nodes tell of their counts every 30 s | `rate` | documented | [`Desk::set_rate_lag`] | at once |
//! | `Retry-After` as a date, or only `X-RateLimit-Reset` | [`fault`] | guess | [`RetryAfter`](fault::RetryAfter) | seconds |
//! | a sleeping instance is HTML with 200 | [`fault`] | seen | [`Fault::Hibernation`] | awake |
//! | 502, 503, 504 with a proxy's HTML | [`fault`] | inferred | [`Fault::Gateway`], [`Fault::Unavailable`] | none |
//! | connection cut, body broken off, trickling, half its gzip, wrong type, no answer | [`fault`] | plain networking | [`Fault`] | none |
//! | rows out of order, an ignored filter, a row twice | [`fault`] | inferred | [`Fault::Disorder`], [`Fault::FilterIgnored`], [`Fault::RowTwice`] | none |
//! | a clock that leaps | [`fault`] | guess | [`Fault::Skewed`], [`Desk::set_clock`] | right |
//! | the token endpoint repeats the living token with its remaining life | `oauth` | documented | [`Desk::token_life`], [`Desk::revoke_tokens`] | 1,800 s |
//! | whatever is wrong there, 401 `server_error` / `access_denied` | `oauth` | seen | | |
//! | refresh tokens live 100 days and are given again | `oauth` | documented | [`Desk::refresh_life`], [`Desk::hand_out_refresh_token`] | 8,640,000 s |
//! | or another in their stead, the old one good for some time or not at all | `oauth` | guess | [`Desk::set_rotation`] | given again |
//! | client credentials only where the property is set and the entry has a user | `oauth` | documented | [`Desk::set_client_credentials`] | set (really: not) |
//! | JWT bearer: RS256 by the entry's certificate, `kid`, `iss` the entry, `sub` the user, `exp`, `iat` | `oauth` | documented; the form's parameters inferred | `Client::jwt` | none taken |
//! | its `aud` is the entry, the instance or its token endpoint; five minutes of skew | `oauth` | guess | `JwtKey::audience` | any of the three |
//! | an assertion counts once | `oauth` | guess | `JwtKey::single_use` | any number of times |
//! | secrets, keys and certificates expire; users are inactive or locked | `registry` | documented | [`Desk::change_client`], [`Desk::change_user`] | none |
//! | basic authentication is denied to people who lack `snc_basic_auth_api_access` | `registry` | seen | [`Desk::restrict_basic`], `User::interactive` | denied; users are for web services |
//! | a user without `snc_platform_rest_api_access`: 401, not 403 | `registry` | seen | `User::platform_role` | has it |
//! | a second factor: 401 with `X-MFA_TOKEN: invalid` unless the code is there | `registry` | documented | `User::mfa` | none |
//! | wrong passwords lock a user out | `registry` | documented; how many is a guess | [`Desk::set_lockout`] | never |
//! | a provider's token: RS256, `aud` the entry, 300 s of skew, the user by `appid` | `oidc` | documented | [`Desk::trust`] | nobody is trusted |
//! | a provider's token counts once | `oidc` | documented | `Provider::single_use` | any number of times |
//! | `x-sn-apikey` is not looked at without a policy for the table; with one it must be right | `registry` | documented; that a wrong one is 401 is inferred | [`Desk::allow_api_keys`], [`Desk::api_key`] | no policy |
//! | a certificate in the handshake stands for a user, or is asked for beside all else | `registry` | documented; the order behind the others is inferred | [`servicenow::start_guests`], [`Desk::require_certificate`] | not asked for |
//! | `JSESSIONID`, `glide_user_route`, `BIGipServer…` for callers without a session | `answer` | documented | | |
//! | counts of the Aggregate API ignore access rules of rows | `list` | inferred | | |
//!
//! # Logs Ingestion API
//!
//! | behaviour | where | grade | switch | default |
//! |---|---|---|---|---|
//! | 204, empty body, `x-ms-request-id`, client's id echoed with hyphens | `answer` | seen | | |
//! | error envelope, same code in `x-ms-error-code` | `answer` | seen | | |
//! | 404 `NotFound` and its text | `logs` | seen | [`ingestion::Fault::NotFound`] | the rule exists |
//! | `[]` is 204 | `logs` | seen | | |
//! | 413 above 1,048,576 bytes of `Content-Length`, and its text | `logs` | seen | `Switches::max_wire_bytes`, [`ingestion::Fault::TooLarge`] | 1,048,576 |
//! | that limit is of wire bytes, not of unpacked ones | `logs` | seen, in one live test | | |
//! | 413 above 50 MiB unpacked, and its code | `logs` | seen; the code is a guess | `Switches::max_unpacked_bytes` | 50 MiB |
//! | a too big upload is cut off instead | `ingestion` | documented | `Switches::cut_oversize`, [`ingestion::Fault::CutUpload`] | answered |
//! | 12,000 uploads and 2 GB a minute, then 429 with `Retry-After` | `rate` | documented; the body and the fixed minute are guesses | `Switches::per_minute` | on |
//! | 403 `OperationFailed`, beginning of its text | `logs` | seen | [`ingestion::Fault::Forbidden`] | allowed |
//! | that 403 for a time after the role was assigned | [`Workspace::assign_role`] | documented: up to 30 min | its argument | spread |
//! | 400 `InvalidStream`, text | `logs` | seen; the code is a stub's | [`ingestion::Fault::InvalidStream`] | declared |
//! | that 400 for a time after the rule was edited, for every upload | [`Workspace::edit_rule`] | seen: 3 to 5 min; for every one is a guess | its argument | spread |
//! | 401, its code and body | `logs` | guess | [`ingestion::Fault::Unauthorized`], `Switches::tokens` | any token |
//! | 400 for malformed JSON, no array, no objects; code and texts | `logs` | guess | [`ingestion::Fault::Refuse`], [`Switches::refuse_rows`](ingestion::Switches::refuse_rows) | well-formed rows pass |
//! | 400 `InvalidContentLength` for an empty body, `InvalidContentEncoding` | `logs` | guess: a stub's | | |
//! | order of the checks: rate, version, token, size, rule, stream, body | `logs` | guess | | |
//! | 404 with an empty body for an unknown api-version or path | `logs` | guess | | |
//! | `Retry-After` with 429 and 503, in seconds or as a date | `logs` | documented with 429; else guess | [`ingestion::RetryAfter`] | none |
//! | 500 with an empty body | `logs` | seen, in 2022 | [`ingestion::Fault::Internal`] | none |
//! | 502 with HTML, 503 and 408 empty | `logs` | guess | [`ingestion::Fault`] | none |
//! | rows taken, answer lost; no answer; a late one | `ingestion` | plain networking | [`ingestion::Fault::TakeThenCut`], `Hang`, `Delay` | none |
//! | undeclared columns vanish behind a 204; names are case-sensitive | `stream` | documented | counted: [`Workspace::dropped_columns`] | |
//! | a value of the wrong type is nulled | `stream` | guess: a stub's | `Switches::wrong_type` | nulled |
//! | texts longer than 64 KB are cut | `stream` | documented (seen: 256 KB) | `Switches::field_limit` | 65,536 bytes |
//! | unit and boundary of that cut: bytes, whole characters | `stream` | guess | | |
//! | `TimeGenerated` over two days old or a day ahead, or absent: time of receipt | `stream` | documented | [`Switches::set_clock`](ingestion::Switches::set_clock) | the machine's clock |
//! | an unreadable `TimeGenerated`: time of receipt | `stream` | guess | | |
//! | rows are there at once (really: seconds, first rows 15 minutes) | `workspace` | simplified | | |
//! | `transformKql` is `source`; no other can be declared | `stream` | documented | | |
//! | retired `/api/logs`: signature, suffixes, statuses | `legacy` | documented; whether it still answers is not known | `Switches::legacy` | off |
//!
//! # Entra ID
//!
//! | behaviour | where | grade | switch | default |
//! |---|---|---|---|---|
//! | client credentials: form, answer, `ext_expires_in`, `refresh_in` | `grant` | seen | [`entra::Directory`] | 3,599 s |
//! | password grant of a public client: form, answer with `scope` | `grant` | documented | | |
//! | scope `resource//.default` makes an audience that ends in a slash | `grant` | seen | | |
//! | error JSON with `error_codes`, `\r\n` in the description | `refusal` | documented | | |
//! | 7000215, 700016, 90002, 7000218, 500011, 70011 with their `error` | `grant` | documented; the statuses inferred | | |
//! | 50126, 50076, 50034, 700025, 9001023 | `grant`, `user` | inferred | | |
//! | 7000222, 7000112: an expired secret, a disabled application | `proof`, `grant` | documented; statuses and texts inferred | `Application::expires`, `Application::disabled` | none |
//! | 50055, 50057, 50079, 53003, 65001; a federated user looks like a wrong password | `user` | inferred | [`entra::Obstacle`] | none |
//! | 50053: locked after so many wrong passwords, then even for the right one | `user` | documented (ten); the number is a switch | `Directory::lockout` | never |
//! | 429, 503, a transient 400, a cut, a late answer | [`entra`] | guess, but for the code | [`entra::TokenFault`] | none |
//! | HTML under any status, 200 without a token, no answer at all | [`entra`] | plain networking | [`entra::TokenFault`] | none |
//! | client assertion: PS256 with `x5t#S256` or RS256 with `x5t`, `aud` the endpoint asked, `iss` = `sub` = the application | `proof` | documented; five minutes of skew are inferred | [`entra::Credential`] | |
//! | 700027, 700023, 700021, 700024, 50027 for what is wrong with it | `proof` | inferred | | |
//! | a federated token: signature, `iss`, `sub`, `aud` of the credential; 700211 to 700213, 50013, 700024 | `proof` | inferred | [`entra::Federated`] | |
//! | another, compared as a text, its signature never verified: 70021 | `proof` | simplified | [`entra::Credential`] | |
//! | an assertion counts once | `grant` | guess | `Directory::single_use` | any number of times |
//! | tokens are opaque, or JWTs by RS256 with `aud`, `appid`, `tid` (version 1.0) | `tokens` | simplified; the claims documented | [`entra::Entra::sign_tokens`] | opaque |
//! | a VM's IMDS: `Metadata: true` or 400 `bad_request_102`, versions, numbers as texts | [`entra::machine`] | documented | | |
//! | it refuses what came by a proxy | [`entra::machine`] | documented; which headers tell it is inferred | | |
//! | it gives a living token again with what is left of its life | [`entra::machine`] | inferred | `Setting::repeats` | given again |
//! | several identities and none named, or one that is not there: 400 | [`entra::machine`] | documented; texts inferred | `Setting::identities` | |
//! | 404, 410, 429, 5xx, HTML, a cut, no answer | [`entra::machine`] | documented; bodies are guesses | [`entra::machine::MachineFault`] | none |
//! | App Service: `X-IDENTITY-HEADER`, `expires_on` and no `expires_in` | [`entra::machine`] | documented; 401 for a wrong header is inferred | `Setting::header` | |
//! | Arc: 401 names a file, what is in it is shown once | [`entra::machine`] | seen | `Setting::folder` | |
//! | challenges that a careful client refuses | [`entra::machine`] | guess | [`entra::machine::Trick`] | none |
//!
//! # Dataverse
//!
//! | behaviour | where | grade | switch | default |
//! |---|---|---|---|---|
//! | `Prefer` page size and annotations, `Preference-Applied`, pages of at most 5,000 | `query` | documented | | |
//! | next link's shape; honoured verbatim and with the same page size | `link` | documented; how others are refused is a guess | [`Instance::forget_links`], [`Instance::set_link_origin`] | honoured |
//! | every page evaluated afresh; ties without a unique column fall differently | `page` | documented; how differently is a guess | | |
//! | a page goes on behind the last row's values and id | `page` | guess | | |
//! | ids are ordered as SQL Server orders `uniqueidentifier` | `cell` | inferred | | |
//! | annotation before its value; formatted times in the user's zone | `wire` | documented | [`Instance::set_zone`] | UTC-7 |
//! | texts compare without regard to case; nothing matches no comparison | `filter` | documented | | |
//! | `$top` gives way to a page size; no `$skip`; `@odata.count` stops at 5,000 | `query` | documented | | |
//! | unreadable rows are absent without a word | `table` | documented | [`Instance::hide`] | none |
//! | stamps of a second; any may be put | `state` | documented | [`Instance::put`] | the clock's |
//! | deletion leaves no trace | [`Instance::delete`] | inferred | | |
//! | unknown column: 400, `0x80060888`, its text | `table` | seen | [`Instance::drop_column`] | |
//! | unknown set 404 `0x8006088a`, unknown row 404 `0x80040217`, 401 without a body | `answer` | inferred | | |
//! | three limits over 300 s, three hexadecimal codes, `Retry-After` in seconds | `protection` | documented; two texts, the price of a row and the wait of the third are guesses | [`Instance::set_protection`], [`dataverse::Fault`] | 6,000, 1,200 s, 52 |
//! | refused requests count too | `protection` | inferred | | |
//! | `x-ms-ratelimit-*-remaining-xrm-requests` | `respond` | documented | | |
//! | half a page, 500, 502, 503, a cut, no answer, a late one | `respond` | plain networking; bodies are guesses | [`dataverse::Fault`] | none |
//! | `$filter` knows eq ne gt ge lt le and or not ( ); functions are refused | `filter` | subset | | |
//! | `EntityDefinitions`: names, types, `$select` only | `metadata` | subset | | |
//! | change tracking, conditional reads (304), writes | nowhere | not simulated: no client asks | | |
//!
//! [`Desk`]: servicenow::Desk
//! [`Desk::all_fields`]: servicenow::Desk::all_fields
//! [`Desk::archive`]: servicenow::Desk::archive
//! [`Desk::clean`]: servicenow::Desk::clean
//! [`Desk::delete`]: servicenow::Desk::delete
//! [`Desk::drop_table`]: servicenow::Desk::drop_table
//! [`Desk::forbid`]: servicenow::Desk::forbid
//! [`Desk::hide`]: servicenow::Desk::hide
//! [`Desk::hide_field`]: servicenow::Desk::hide_field
//! [`Desk::poison`]: servicenow::Desk::poison
//! [`Desk::put`]: servicenow::Desk::put
//! [`Desk::revoke_tokens`]: servicenow::Desk::revoke_tokens
//! [`Desk::allow_api_keys`]: servicenow::Desk::allow_api_keys
//! [`Desk::api_key`]: servicenow::Desk::api_key
//! [`Desk::change_client`]: servicenow::Desk::change_client
//! [`Desk::change_user`]: servicenow::Desk::change_user
//! [`Desk::hand_out_refresh_token`]: servicenow::Desk::hand_out_refresh_token
//! [`Desk::refresh_life`]: servicenow::Desk::refresh_life
//! [`Desk::require_certificate`]: servicenow::Desk::require_certificate
//! [`Desk::restrict_basic`]: servicenow::Desk::restrict_basic
//! [`Desk::set_client_credentials`]: servicenow::Desk::set_client_credentials
//! [`Desk::set_lockout`]: servicenow::Desk::set_lockout
//! [`Desk::set_rotation`]: servicenow::Desk::set_rotation
//! [`Desk::trust`]: servicenow::Desk::trust
//! [`Desk::set_clock`]: servicenow::Desk::set_clock
//! [`Desk::set_hourly_limit`]: servicenow::Desk::set_hourly_limit
//! [`Desk::set_invalid_part`]: servicenow::Desk::set_invalid_part
//! [`Desk::set_lateness`]: servicenow::Desk::set_lateness
//! [`Desk::set_meanwhile`]: servicenow::Desk::set_meanwhile
//! [`Desk::set_nodes`]: servicenow::Desk::set_nodes
//! [`Desk::set_pace`]: servicenow::Desk::set_pace
//! [`Desk::set_pool`]: servicenow::Desk::set_pool
//! [`Desk::set_rate_lag`]: servicenow::Desk::set_rate_lag
//! [`Desk::set_seed`]: servicenow::Desk::set_seed
//! [`Desk::set_session_queue`]: servicenow::Desk::set_session_queue
//! [`Desk::set_spelling`]: servicenow::Desk::set_spelling
//! [`Desk::set_too_slow`]: servicenow::Desk::set_too_slow
//! [`Desk::set_zone`]: servicenow::Desk::set_zone
//! [`Desk::token_life`]: servicenow::Desk::token_life
//! [`Fault::Disorder`]: fault::Fault::Disorder
//! [`Fault::ErrorMember`]: fault::Fault::ErrorMember
//! [`Fault::FilterIgnored`]: fault::Fault::FilterIgnored
//! [`Fault::Gateway`]: fault::Fault::Gateway
//! [`Fault::Hibernation`]: fault::Fault::Hibernation
//! [`Fault::RowTwice`]: fault::Fault::RowTwice
//! [`Fault::Skewed`]: fault::Fault::Skewed
//! [`Fault::Unavailable`]: fault::Fault::Unavailable
//! [`Instance::delete`]: dataverse::Instance::delete
//! [`Instance::drop_column`]: dataverse::Instance::drop_column
//! [`Instance::forget_links`]: dataverse::Instance::forget_links
//! [`Instance::hide`]: dataverse::Instance::hide
//! [`Instance::put`]: dataverse::Instance::put
//! [`Instance::set_link_origin`]: dataverse::Instance::set_link_origin
//! [`Instance::set_protection`]: dataverse::Instance::set_protection
//! [`Instance::set_zone`]: dataverse::Instance::set_zone
//! [`Workspace::assign_role`]: ingestion::Workspace::assign_role
//! [`Workspace::dropped_columns`]: ingestion::Workspace::dropped_columns
//! [`Workspace::edit_rule`]: ingestion::Workspace::edit_rule
//! [`Fault`]: fault::Fault

pub mod clock;
pub mod dataverse;
pub mod entra;
pub mod fault;
pub mod form;
pub mod ingestion;
pub mod item;
pub mod journal;
pub mod jwt;
pub mod live;
pub mod menu;
pub mod serve;
pub mod servicenow;
pub mod world;

#[cfg(test)]
mod tests {
    /// The cells of every row of the tables above.
    fn rows() -> Vec<Vec<&'static str>> {
        let lines = include_str!("mod.rs")
            .lines()
            .filter_map(|line| line.strip_prefix("//! | "));
        let rows = lines.map(|line| line.trim_end_matches('|').split('|').map(str::trim).collect::<Vec<_>>());
        rows.filter(|cells| cells[0] != "behaviour").collect()
    }

    #[test]
    fn every_behaviour_has_a_place_and_a_grade() {
        let grades = [
            "seen",
            "documented",
            "inferred",
            "guess",
            "plain networking",
            "simplified",
            "subset",
            "not simulated",
        ];
        let rows = rows();
        assert!(rows.len() > 100);
        for cells in rows {
            assert_eq!(cells.len(), 5, "{cells:?}");
            assert!(
                !cells[1].is_empty() && grades.iter().any(|grade| cells[2].starts_with(grade)),
                "{cells:?}"
            );
        }
    }

    #[test]
    fn what_is_a_guess_and_can_be_switched_says_what_it_is_unless_switched() {
        for cells in rows()
            .iter()
            .filter(|cells| cells[2].starts_with("guess") && !cells[3].is_empty())
        {
            assert!(!cells[4].is_empty(), "{cells:?}");
        }
    }
}
