//! What every server stands on: a data folder of its own, ports that it listens on.
//!
//! Used by `dev` and `serve`; each way in which the machine says no has its remedy here.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;

use ringback_networks::{Recogniser, RecogniserConfig};
use ringback_store::sqlite::{OpenError, SqliteStore};
use ringback_store::{SealError, SealedStore, StoreKey};
use tokio::net::TcpListener;

use crate::banner::shell;
use crate::complaint::{Complaint, with_causes};

/// Opens the store, and makes the folders above it if there are none.
pub fn open(data: &Path) -> Result<SqliteStore, Complaint> {
    if let Some(parent) = data.parent() {
        std::fs::create_dir_all(parent).map_err(|error| {
            Complaint::because(&format!("{} cannot be made", parent.display()), &error)
                .hint("name another folder: --data DIR")
        })?;
    }
    SqliteStore::open(data).map_err(|error| refused(&error))
}

/// Opens the store, whose secrets are sealed with the key in `key_file`, if there is one.
pub fn open_sealed(
    data: &Path,
    key_file: Option<&Path>,
) -> Result<SealedStore<SqliteStore>, Complaint> {
    let key = key_file.map(key).transpose()?;
    Ok(SealedStore::new(open(data)?, key))
}

/// Reads a key file, which is its owner's alone.
fn key(path: &Path) -> Result<StoreKey, Complaint> {
    let shown = path.display();
    let unreadable = |error: &io::Error| {
        Complaint::because(&format!("the key file {shown} cannot be read"), error)
            .hint("store.key_file, or --store-key-file, names it")
    };
    let mode = std::fs::metadata(path).map_err(|error| unreadable(&error))?;
    let mode = mode.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        let problem = format!("others can get at the key file {shown} (its mode is {mode:03o})");
        let path = path.display().to_string();
        return Err(Complaint::failure(problem).hint(format!("chmod 600 {}", shell(&path))));
    }
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(&error))?;
    StoreKey::from_hex(&text).map_err(|error: SealError| {
        Complaint::failure(format!("the key file {shown} cannot be used: {error}"))
            .hint("make one with: openssl rand -hex 32")
    })
}

/// What writes down what is said in recordings.
pub fn recogniser(config: RecogniserConfig) -> Result<Arc<Recogniser>, Complaint> {
    let made = Recogniser::new(config).map(Arc::new);
    made.map_err(|error| Complaint::because("the recogniser cannot be asked", &error))
}

/// The store's projects could not be read.
pub fn unreadable_projects(error: &ringback_store::StoreError) -> Complaint {
    let complaint = Complaint::because("what was recorded cannot be read", error);
    let source = std::error::Error::source(error);
    match source.and_then(|source| source.downcast_ref::<SealError>()) {
        Some(_) => complaint.hint("name the key file of this store: --store-key-file FILE"),
        None => complaint,
    }
}

/// The store cannot be opened: why, and what to do.
pub fn refused(error: &OpenError) -> Complaint {
    let complaint = Complaint::failure(with_causes(error));
    match error {
        OpenError::TooWide { path, mode, wanted } => {
            let path = path.display().to_string();
            Complaint::failure(format!("others can get at {path} (its mode is {mode:03o})"))
                .hint(format!("chmod {wanted:03o} {}", shell(&path)))
        }
        OpenError::Locked { pid: Some(pid), .. } => complaint.hint(format!(
            "stop it with `kill {pid}`, or give this one a folder of its own: --data DIR"
        )),
        OpenError::Locked { pid: None, .. } => {
            complaint.hint("stop that one, or give this one a folder of its own: --data DIR")
        }
        OpenError::TooNew { .. } => {
            complaint.hint("use that release, or another folder: --data DIR")
        }
        OpenError::Io { .. } | OpenError::Unusable { .. } => {
            complaint.hint("name another folder: --data DIR")
        }
    }
}

/// Listens on `address`, which `option` named.
pub async fn bind(option: &str, address: SocketAddr) -> Result<TcpListener, Complaint> {
    TcpListener::bind(address).await.map_err(|error| {
        let problem = format!("{address} cannot be listened on");
        match error.kind() {
            io::ErrorKind::AddrInUse => Complaint::failure(format!(
                "{problem}: another program does already"
            ))
            .hint(format!(
                "stop that one, or take a free port: {option} {}:0",
                host(address)
            )),
            io::ErrorKind::PermissionDenied => Complaint::because(&problem, &error).hint(format!(
                "take a port from 1024 on: {option} {}:8080",
                host(address)
            )),
            _ => Complaint::because(&problem, &error).hint(format!(
                "name an address of this machine: {option} 127.0.0.1:0"
            )),
        }
    })
}

/// The address without its port, as a URL has it.
fn host(address: SocketAddr) -> String {
    match address.ip() {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => format!("[{v6}]"),
    }
}

/// Where this machine reaches what listens on `address`.
pub fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}
