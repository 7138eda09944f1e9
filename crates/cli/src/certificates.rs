//! The certificates of `ringback dev`: the SDKs insist on https.
//!
//! Made once under the data folder, by whoever holds the store's lock: a CA for the user to
//! trust, and a leaf for this machine's names. Invariants: the CA's key is never written and
//! gone once it has signed the leaf, and it could only ever have signed for these names; the
//! files are a complete set or there are none.

use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, CidrSubnet, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, KeyPair, KeyUsagePurpose, NameConstraints,
    SanType,
};
use ringback_domain::time::Timestamp;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use time::{Duration, OffsetDateTime};

use crate::files::write_private;

/// Under the data folder.
const FOLDER: &str = "tls";
/// What the user trusts.
const CA: &str = "ca.pem";
/// What the server shows.
const LEAF: &str = "leaf.pem";
/// The leaf's key.
const LEAF_KEY: &str = "leaf.key";
/// When both certificates end, in seconds since the Unix epoch.
const VALID_UNTIL: &str = "valid-until";

/// The longest life that all clients accept of a server's certificate (Apple, HT210176).
const LIFE: Duration = Duration::days(825);
/// So much before the end a new set is made: not in the middle of somebody's work.
const RENEW_BEFORE: Duration = Duration::days(30);
/// So much before now they begin, for clients whose clock is behind.
const BACKDATED: Duration = Duration::hours(1);

/// This machine's own name; its addresses are [`ADDRESSES`].
const NAME: &str = "localhost";
/// The addresses that are this machine itself.
const ADDRESSES: [IpAddr; 2] = [
    IpAddr::V4(Ipv4Addr::LOCALHOST),
    IpAddr::V6(Ipv6Addr::LOCALHOST),
];

/// What HTTPS is served with.
#[derive(Debug)]
pub struct Certificates {
    /// The CA's certificate, for the user to trust.
    pub ca_file: PathBuf,
    /// The leaf, its key, and the protocol that is spoken.
    pub server: Arc<ServerConfig>,
    /// Where they come from.
    pub origin: Origin,
}

/// Where certificates come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// An earlier start made them.
    Kept,
    /// This start did, for there were none.
    Made,
    /// This start did, in place of others; whoever trusted their CA has to trust the new one.
    Renewed,
}

/// Why HTTPS cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// Others can read the key. The text says what mends it.
    #[error("others can read {}", .0.display())]
    Wide(PathBuf),
    /// A file could not be read or written.
    #[error("{} cannot be written", path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A certificate could not be made.
    #[error("the certificates cannot be made")]
    Make(#[from] rcgen::Error),
    /// What was made cannot be served with.
    #[error("the certificates cannot be used")]
    Use(#[from] rustls::Error),
}

impl Certificates {
    /// Those under `data`, made if there are none that are good for a while yet.
    pub fn load_or_make(data: &Path, now: Timestamp) -> Result<Self, CertificateError> {
        let folder = data.join(FOLDER);
        refuse_wide(&folder.join(LEAF_KEY))?;
        let now = OffsetDateTime::from_unix_timestamp(now.as_seconds())
            .unwrap_or(OffsetDateTime::UNIX_EPOCH);
        if let Some(server) = load(&folder, now) {
            return Ok(Self {
                ca_file: folder.join(CA),
                server,
                origin: Origin::Kept,
            });
        }
        let origin = if folder.exists() {
            Origin::Renewed
        } else {
            Origin::Made
        };
        let set = Set::make(now)?;
        let server = server_config(set.leaf.as_bytes(), set.leaf_key.as_bytes())?;
        set.write(&folder)
            .map_err(|source| CertificateError::File {
                path: folder.clone(),
                source,
            })?;
        Ok(Self {
            ca_file: folder.join(CA),
            server,
            origin,
        })
    }
}

/// The set in `folder`. Whatever is wrong with it, a new one is made instead.
fn load(folder: &Path, now: OffsetDateTime) -> Option<Arc<ServerConfig>> {
    let valid_until = fs::read_to_string(folder.join(VALID_UNTIL)).ok()?;
    let valid_until = OffsetDateTime::from_unix_timestamp(valid_until.trim().parse().ok()?).ok()?;
    // A clock that was wrong when they were made is noticed from both sides.
    let left = valid_until - now;
    if left < RENEW_BEFORE || left > LIFE {
        return None;
    }
    CertificateDer::from_pem_slice(&fs::read(folder.join(CA)).ok()?).ok()?;
    let leaf = fs::read(folder.join(LEAF)).ok()?;
    let leaf_key = fs::read(folder.join(LEAF_KEY)).ok()?;
    server_config(&leaf, &leaf_key).ok()
}

/// What the server shows; fails if the key is not the leaf's.
fn server_config(leaf: &[u8], leaf_key: &[u8]) -> Result<Arc<ServerConfig>, rustls::Error> {
    let unreadable = |error| rustls::Error::General(format!("{error}"));
    let leaf = CertificateDer::from_pem_slice(leaf).map_err(unreadable)?;
    let key = PrivateKeyDer::from_pem_slice(leaf_key).map_err(unreadable)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![leaf], key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// All files, as their content.
struct Set {
    ca: String,
    leaf: String,
    leaf_key: String,
    valid_until: String,
}

impl Set {
    fn make(now: OffsetDateTime) -> Result<Self, rcgen::Error> {
        let begin = now - BACKDATED;
        let end = begin + LIFE;
        // The CA's key lives in this function alone.
        let ca = CertifiedIssuer::self_signed(ca_params(begin, end), KeyPair::generate()?)?;
        let leaf_key = KeyPair::generate()?;
        let leaf = leaf_params(begin, end).signed_by(&leaf_key, &ca)?;
        Ok(Self {
            ca: ca.pem(),
            leaf: leaf.pem(),
            leaf_key: leaf_key.serialize_pem(),
            valid_until: format!("{}\n", end.unix_timestamp()),
        })
    }

    /// Into a folder of another name, which then takes the place of the old one. A crash
    /// between leaves no set, and the next start makes one.
    fn write(&self, folder: &Path) -> io::Result<()> {
        let new = folder.with_extension("new");
        remove_folder(&new)?;
        make_folder(&new)?;
        write_private(&new.join(CA), self.ca.as_bytes())?;
        write_private(&new.join(LEAF), self.leaf.as_bytes())?;
        write_private(&new.join(LEAF_KEY), self.leaf_key.as_bytes())?;
        write_private(&new.join(VALID_UNTIL), self.valid_until.as_bytes())?;
        remove_folder(folder)?;
        fs::rename(&new, folder)
    }
}

fn ca_params(begin: OffsetDateTime, end: OffsetDateTime) -> CertificateParams {
    let mut params = params("Ringback development CA", begin, end);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let mut permitted = vec![GeneralSubtree::DnsName(NAME.to_owned())];
    permitted.extend(ADDRESSES.map(|address| {
        let bits = if address.is_ipv4() { 32 } else { 128 };
        GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(address, bits))
    }));
    params.name_constraints = Some(NameConstraints {
        permitted_subtrees: permitted,
        excluded_subtrees: Vec::new(),
    });
    params
}

fn leaf_params(begin: OffsetDateTime, end: OffsetDateTime) -> CertificateParams {
    let mut params = params("Ringback development", begin, end);
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    let name = NAME.try_into().expect("`localhost` is ASCII");
    params.subject_alt_names = vec![SanType::DnsName(name)];
    params
        .subject_alt_names
        .extend(ADDRESSES.map(SanType::IpAddress));
    params
}

fn params(name: &str, begin: OffsetDateTime, end: OffsetDateTime) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = begin;
    params.not_after = end;
    params
}

fn make_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

fn remove_folder(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

#[cfg(unix)]
fn refuse_wide(key: &Path) -> Result<(), CertificateError> {
    use std::os::unix::fs::PermissionsExt as _;

    match fs::metadata(key) {
        Ok(metadata) if metadata.permissions().mode() & 0o077 != 0 => {
            Err(CertificateError::Wide(key.to_owned()))
        }
        // A key that is missing or cannot be looked at is made anew.
        Ok(_) | Err(_) => Ok(()),
    }
}

#[cfg(not(unix))]
fn refuse_wide(_: &Path) -> Result<(), CertificateError> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-01-01.
    const START: Timestamp = Timestamp::from_micros(1_767_225_600_000_000);

    fn days(days: i64) -> Timestamp {
        START.shifted(days * 86_400_000_000)
    }

    #[test]
    fn a_set_is_made_once_and_again_before_it_ends() {
        let data = tempfile::tempdir().unwrap();
        let first = Certificates::load_or_make(data.path(), START).unwrap();
        assert_eq!(first.origin, Origin::Made);
        let ca = fs::read(&first.ca_file).unwrap();

        let second = Certificates::load_or_make(data.path(), days(790)).unwrap();
        assert_eq!(second.origin, Origin::Kept);
        assert_eq!(fs::read(&second.ca_file).unwrap(), ca);

        let third = Certificates::load_or_make(data.path(), days(800)).unwrap();
        assert_eq!(third.origin, Origin::Renewed);
        assert_ne!(fs::read(&third.ca_file).unwrap(), ca);
    }

    #[test]
    fn a_set_that_is_not_whole_is_made_anew() {
        for missing in [CA, LEAF, LEAF_KEY, VALID_UNTIL] {
            let data = tempfile::tempdir().unwrap();
            Certificates::load_or_make(data.path(), START).unwrap();
            fs::remove_file(data.path().join(FOLDER).join(missing)).unwrap();
            let again = Certificates::load_or_make(data.path(), START).unwrap();
            assert_eq!(again.origin, Origin::Renewed, "without {missing}");
        }
    }

    #[test]
    fn a_key_of_another_leaf_is_not_served_with() {
        let data = tempfile::tempdir().unwrap();
        Certificates::load_or_make(data.path(), START).unwrap();
        let key = data.path().join(FOLDER).join(LEAF_KEY);
        write_private(
            &key,
            KeyPair::generate().unwrap().serialize_pem().as_bytes(),
        )
        .unwrap();
        let again = Certificates::load_or_make(data.path(), START).unwrap();
        assert_eq!(again.origin, Origin::Renewed);
    }

    #[test]
    fn one_key_alone_is_written_and_it_is_the_leafs() {
        let data = tempfile::tempdir().unwrap();
        Certificates::load_or_make(data.path(), START).unwrap();
        let mut keys = 0;
        for entry in fs::read_dir(data.path().join(FOLDER)).unwrap() {
            keys += fs::read_to_string(entry.unwrap().path())
                .unwrap()
                .matches("PRIVATE")
                .count();
        }
        assert_eq!(keys, 2, "the lines that begin and end one key");
    }

    #[test]
    #[cfg(unix)]
    fn a_key_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;

        let data = tempfile::tempdir().unwrap();
        Certificates::load_or_make(data.path(), START).unwrap();
        let key = data.path().join(FOLDER).join(LEAF_KEY);
        assert_eq!(
            fs::metadata(&key).unwrap().permissions().mode() & 0o777,
            0o600
        );
        fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
        let error = Certificates::load_or_make(data.path(), START).unwrap_err();
        assert!(matches!(error, CertificateError::Wide(_)), "{error}");
    }
}
