//! The macro that makes the tree: its structs, their reading, and what the manual says.
//!
//! Small on purpose: sections of keys, nothing deeper.

/// A part of the tree.
pub struct Section {
    /// Its name: a table of the file.
    pub name: &'static str,
    /// What it is about, as its lines of doc comment.
    pub doc: &'static [&'static str],
    /// What can be told.
    pub keys: &'static [Key],
}

/// One thing that can be told.
pub struct Key {
    /// Its name in its section.
    pub name: &'static str,
    /// What it means, as its lines of doc comment.
    pub doc: &'static [&'static str],
    /// What it can be, in words.
    pub allowed: &'static str,
    /// What it is if nothing is told; none if it is then absent.
    pub default: Option<&'static str>,
}

/// Finds a key of the tree.
pub fn find(section: &str, key: &str) -> Option<(&'static Section, &'static Key)> {
    let section = super::SECTIONS.iter().find(|known| known.name == section)?;
    let key = section.keys.iter().find(|known| known.name == key)?;
    Some((section, key))
}

macro_rules! tree {
    (@default) => { None };
    (@default $default:literal) => { Some($default) };
    ($(
        $(#[doc = $section_doc:literal])*
        $section:ident: $type:ident {
            $(
                $(#[doc = $doc:literal])*
                $key:ident: $value:ty $(= $default:literal)?,
            )*
        }
    )*) => {
        /// All that can be told.
        #[derive(Debug)]
        pub struct Config {
            $($(#[doc = $section_doc])* pub $section: $type,)*
        }

        $(
            $(#[doc = $section_doc])*
            #[derive(Debug)]
            pub struct $type {
                $($(#[doc = $doc])* pub $key: $value,)*
            }
        )*

        /// The tree, in words.
        pub static SECTIONS: &[self::tree::Section] = &[$(self::tree::Section {
            name: stringify!($section),
            doc: &[$($section_doc),*],
            keys: &[$(self::tree::Key {
                name: stringify!($key),
                doc: &[$($doc),*],
                allowed: <$value as self::value::Value>::ALLOWED,
                default: tree!(@default $($default)?),
            }),*],
        }),*];

        impl Config {
            /// The tree that what was given makes.
            fn from_given(given: &self::given::Given) -> Result<Self, self::error::ConfigError> {
                Ok(Self {
                    $($section: $type {
                        $($key: given.value(stringify!($section), stringify!($key))?,)*
                    },)*
                })
            }

            /// Each value, as a file would have it; none if it is absent.
            fn each(&self, mut see: impl FnMut(&'static str, &'static str, Option<String>)) {
                $($(
                    see(
                        stringify!($section),
                        stringify!($key),
                        self::value::Value::show(&self.$section.$key),
                    );
                )*)*
            }
        }
    };
}

pub(super) use tree;
