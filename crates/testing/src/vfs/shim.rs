//! SQLite's side of a test's disk: the functions that it calls, passed on to the system's VFS.
//!
//! The only unsafe code of the project: SQLite's interface for a VFS is a table of C functions.
//! What is common to all of it: SQLite calls these functions with the pointers that `register`
//! and `open` gave it, one call at a time for each file.

#![expect(unsafe_code, reason = "a VFS is a table of C functions")]

use std::ffi::{CStr, CString, OsStr, c_char, c_int, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr;
use std::slice;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use rusqlite::ffi::{self, sqlite3_file, sqlite3_io_methods, sqlite3_vfs};

use super::lock;
use super::state::{Opened, State};

/// Makes `state` a VFS, and answers with its name. Both live as long as the process.
pub fn register(state: &'static Mutex<State>) -> &'static str {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let name: &'static str = Box::leak(format!("ringback-test-{number}").into_boxed_str());
    let c_name = CString::new(name).expect("it has no zero byte");
    // SAFETY: the system's VFS lives as long as the process, and is only read here.
    let system = unsafe { &*system() };
    let vfs = sqlite3_vfs {
        iVersion: 2,
        szOsFile: c_int::try_from(size_of::<ShimFile>()).expect("it is small") + system.szOsFile,
        mxPathname: system.mxPathname,
        pNext: ptr::null_mut(),
        zName: c_name.into_raw(),
        pAppData: ptr::from_ref(state).cast_mut().cast(),
        xOpen: Some(open),
        xDelete: Some(delete),
        // These look at nothing in the VFS that they are called with.
        xAccess: system.xAccess,
        xFullPathname: system.xFullPathname,
        xDlOpen: None,
        xDlError: None,
        xDlSym: None,
        xDlClose: None,
        xRandomness: system.xRandomness,
        xSleep: system.xSleep,
        xCurrentTime: system.xCurrentTime,
        xGetLastError: system.xGetLastError,
        xCurrentTimeInt64: system.xCurrentTimeInt64,
        xSetSystemCall: None,
        xGetSystemCall: None,
        xNextSystemCall: None,
    };
    // SAFETY: it is well formed, and never freed.
    let code = unsafe { ffi::sqlite3_vfs_register(Box::leak(Box::new(vfs)), 0) };
    assert_eq!(code, ffi::SQLITE_OK, "SQLite takes the VFS");
    name
}

/// An open file. The system's own follows it in the memory that SQLite allots.
#[repr(C)]
struct ShimFile {
    /// First, for SQLite knows the file by it.
    base: sqlite3_file,
    state: &'static Mutex<State>,
    /// None for files without a name, which are gone after a power cut in any case.
    opened: Option<Opened>,
    /// The database itself, not a journal.
    is_main: bool,
}

/// The system's VFS.
fn system() -> *mut sqlite3_vfs {
    // SAFETY: the name ends in zero.
    let found = unsafe { ffi::sqlite3_vfs_find(c"unix".as_ptr()) };
    assert!(!found.is_null(), "SQLite was built for Unix");
    found
}

/// # Safety
/// `file` was opened by [`open`].
unsafe fn shim<'a>(file: *mut sqlite3_file) -> &'a mut ShimFile {
    // SAFETY: `open` has put a `ShimFile` there, and SQLite makes one call at a time.
    unsafe { &mut *file.cast::<ShimFile>() }
}

/// # Safety
/// `file` has room for a `ShimFile` and the system's own.
unsafe fn inner(file: *mut sqlite3_file) -> *mut sqlite3_file {
    // SAFETY: as `szOsFile` says, the system's file follows ours.
    unsafe { file.byte_add(size_of::<ShimFile>()) }
}

/// # Safety
/// `file` was opened by [`open`].
unsafe fn methods<'a>(file: *mut sqlite3_file) -> &'a sqlite3_io_methods {
    // SAFETY: `open` keeps a file only if the system has set the methods of its own.
    unsafe { &*(*inner(file)).pMethods }
}

/// # Safety
/// `name` is a path that SQLite hands over.
unsafe fn path<'a>(name: *const c_char) -> &'a Path {
    // SAFETY: SQLite's paths end in zero and live as long as the call.
    let name = unsafe { CStr::from_ptr(name) };
    Path::new(OsStr::from_bytes(name.to_bytes()))
}

unsafe extern "C" fn open(
    vfs: *mut sqlite3_vfs,
    name: *const c_char,
    file: *mut sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    // SAFETY: `vfs` is the one that `register` made, with its state, which is never freed.
    let state: &'static Mutex<State> = unsafe { &*(*vfs).pAppData.cast::<Mutex<State>>() };
    let go = |flags| {
        let system = system();
        // SAFETY: the arguments are SQLite's own; the system's file has its room behind ours.
        unsafe { (*system).xOpen.expect("it has one")(system, name, inner(file), flags, out_flags) }
    };
    let opened = if name.is_null() {
        match go(flags) {
            ffi::SQLITE_OK => Ok(None),
            code => Err(code),
        }
    } else {
        // SAFETY: it is SQLite's path.
        let path = unsafe { path(name) };
        lock(state).open(path, flags, go).map(Some)
    };
    let (methods, opened, code) = match opened {
        Ok(opened) => (&raw const METHODS, opened, ffi::SQLITE_OK),
        // Without methods SQLite does not close it.
        Err(code) => (ptr::null(), None, code),
    };
    let shim = ShimFile {
        base: sqlite3_file { pMethods: methods },
        state,
        opened,
        is_main: flags & ffi::SQLITE_OPEN_MAIN_DB != 0,
    };
    // SAFETY: SQLite has allotted `szOsFile` bytes, aligned for any pointer.
    unsafe { file.cast::<ShimFile>().write(shim) };
    code
}

unsafe extern "C" fn delete(vfs: *mut sqlite3_vfs, name: *const c_char, sync: c_int) -> c_int {
    // SAFETY: `vfs` is the one that `register` made, with its state, which is never freed.
    let state: &'static Mutex<State> = unsafe { &*(*vfs).pAppData.cast::<Mutex<State>>() };
    // SAFETY: it is SQLite's path.
    let path = unsafe { path(name) };
    lock(state).delete(path, sync, || {
        let system = system();
        // SAFETY: the arguments are SQLite's own. The real folder need not be synced.
        unsafe { (*system).xDelete.expect("it has one")(system, name, 0) }
    })
}

static METHODS: sqlite3_io_methods = sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(take_lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};

unsafe extern "C" fn read(
    file: *mut sqlite3_file,
    into: *mut c_void,
    amount: c_int,
    offset: i64,
) -> c_int {
    // SAFETY: `open` has opened the file; the arguments are SQLite's own.
    let code =
        unsafe { methods(file).xRead.expect("it has one")(inner(file), into, amount, offset) };
    // SAFETY: `open` has opened the file.
    let shim = unsafe { shim(file) };
    if code != ffi::SQLITE_OK || !shim.is_main {
        return code;
    }
    let length = usize::try_from(amount).expect("a length is not negative");
    // SAFETY: SQLite has given so many bytes of its own, and nobody else has them.
    let bytes = unsafe { slice::from_raw_parts_mut(into.cast::<u8>(), length) };
    lock(shim.state).faults.spoil(offset.cast_unsigned(), bytes)
}

unsafe extern "C" fn write(
    file: *mut sqlite3_file,
    from: *const c_void,
    amount: c_int,
    offset: i64,
) -> c_int {
    // SAFETY: `open` has opened the file; the arguments are SQLite's own.
    let go =
        || unsafe { methods(file).xWrite.expect("it has one")(inner(file), from, amount, offset) };
    // SAFETY: `open` has opened the file.
    let shim = unsafe { shim(file) };
    let Some(opened) = shim.opened else {
        return go();
    };
    let length = usize::try_from(amount).expect("a length is not negative");
    // SAFETY: SQLite has given so many bytes, which nobody writes meanwhile.
    let bytes = unsafe { slice::from_raw_parts(from.cast::<u8>(), length) };
    lock(shim.state).write(opened.file, offset.cast_unsigned(), bytes, go)
}

unsafe extern "C" fn truncate(file: *mut sqlite3_file, size: i64) -> c_int {
    // SAFETY: `open` has opened the file; the arguments are SQLite's own.
    let go = || unsafe { methods(file).xTruncate.expect("it has one")(inner(file), size) };
    // SAFETY: `open` has opened the file.
    let shim = unsafe { shim(file) };
    match shim.opened {
        Some(opened) => lock(shim.state).truncate(opened.file, size.cast_unsigned(), go),
        None => go(),
    }
}

unsafe extern "C" fn sync(file: *mut sqlite3_file, _: c_int) -> c_int {
    // SAFETY: `open` has opened the file.
    let shim = unsafe { shim(file) };
    match &mut shim.opened {
        Some(opened) => lock(shim.state).sync(opened),
        None => ffi::SQLITE_OK,
    }
}

/// Functions that do no more than ask the system's.
macro_rules! pass {
    ($($name:ident: $method:ident($($arg:ident: $type:ty),*) $(-> $out:ty)?;)*) => {$(
        unsafe extern "C" fn $name(file: *mut sqlite3_file $(, $arg: $type)*) $(-> $out)? {
            // SAFETY: `open` has opened the file; the arguments are SQLite's own.
            unsafe { methods(file).$method.expect("it has one")(inner(file) $(, $arg)*) }
        }
    )*};
}

pass! {
    close: xClose() -> c_int;
    file_size: xFileSize(size: *mut i64) -> c_int;
    take_lock: xLock(level: c_int) -> c_int;
    unlock: xUnlock(level: c_int) -> c_int;
    check_reserved_lock: xCheckReservedLock(held: *mut c_int) -> c_int;
    file_control: xFileControl(what: c_int, with: *mut c_void) -> c_int;
    sector_size: xSectorSize() -> c_int;
    device_characteristics: xDeviceCharacteristics() -> c_int;
    shm_map: xShmMap(page: c_int, size: c_int, extend: c_int, at: *mut *mut c_void) -> c_int;
    shm_lock: xShmLock(offset: c_int, count: c_int, flags: c_int) -> c_int;
    shm_barrier: xShmBarrier();
    shm_unmap: xShmUnmap(delete: c_int) -> c_int;
}
