//! Who may use `ringback dev`: one project, whose credentials are the same on every machine.
//!
//! They protect nothing and say so: whatever listens beyond this machine has a token of its
//! own. The guard on host names and origins keeps browsers out.

use ringback_domain::id::ProjectId;
use ringback_domain::project::{Project, Secret, Settings, SigningKeys, Token};
use ringback_domain::time::Timestamp;
use ringback_wire::sign::{SigningKey, webhook_secret};
use ringback_wire::token;
use uuid::Uuid;

/// The project's id: a UUID as SignalWire's are, and plainly no random one.
const PROJECT: Uuid = Uuid::from_u128(0x0000_0000_0000_4000_8000_0000_0000_de00);
/// Its API token, unless another is given.
const TOKEN: &str = "PT_development_only_0000000000000000";
/// What its callbacks are signed with.
const SIGNING_KEY: &str = "PSK_development_only_000000000000000";

/// Who may use this server, and how callbacks are signed.
#[derive(Clone)]
pub struct Credentials {
    /// The project's id: the user of HTTP Basic.
    pub project: ProjectId,
    /// The API token: the password of HTTP Basic.
    pub token: Secret,
    /// What callbacks are signed with.
    pub signing_key: Secret,
}

impl Credentials {
    /// Those for development, with a token of the user's own if there is one.
    pub fn for_development(token: Option<String>) -> Self {
        Self {
            project: ProjectId::new(PROJECT),
            token: Secret::new(token.unwrap_or_else(|| TOKEN.to_owned())),
            signing_key: Secret::new(SIGNING_KEY),
        }
    }

    /// The project that they belong to.
    pub fn project(&self, settings: Settings) -> Project {
        Project {
            id: self.project,
            name: "development".to_owned(),
            parent: None,
            created_at: Timestamp::default(),
            tokens: vec![Token {
                digest: token::digest(self.token.reveal().as_bytes()),
                name: "development".to_owned(),
                created_at: Timestamp::default(),
            }],
            keys: SigningKeys::one(self.signing_key.clone(), Timestamp::default()),
            settings,
        }
    }

    /// The key in the form that signs and verifies.
    pub fn key(&self) -> SigningKey {
        SigningKey::new(self.signing_key.reveal())
    }

    /// The secret that a Standard Webhooks library is given.
    pub fn webhook_secret(&self) -> String {
        webhook_secret(&self.key())
    }
}

/// Whether `token` is one that everybody knows.
pub fn is_public(token: Option<&str>) -> bool {
    token.is_none_or(|token| token == TOKEN)
}

/// From the system: ids and draws of two starts differ.
pub fn random() -> u64 {
    // The fixed bits of a UUID's halves (version, variant) meet random ones of the other.
    let (high, low) = Uuid::new_v4().as_u64_pair();
    high ^ low.rotate_left(32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_project_is_a_random_uuid_by_its_form_and_for_development_by_its_look() {
        assert_eq!(PROJECT.to_string(), "00000000-0000-4000-8000-00000000de00");
        assert_eq!(PROJECT.get_version_num(), 4);
        assert_eq!(PROJECT.get_variant(), uuid::Variant::RFC4122);
    }

    #[test]
    fn a_token_of_the_users_own_replaces_the_public_one() {
        let own = Credentials::for_development(Some("own".to_owned()));
        assert_eq!(own.token.reveal(), "own");
        assert!(is_public(None) && is_public(Some(TOKEN)) && !is_public(Some("own")));
    }
}
