//! The address guard: which addresses a callback may be sent to.
//!
//! Asked for every address of every new connection, on each hop of a redirect, after
//! names are resolved: a name that pointed to a public address yesterday may point
//! into the user's network today. Also asked when a URL is given, about literals.
//! Invariant: what is neither public nor allowed is never connected to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use ringback_wire::destinations::Judge;
use ringback_wire::url::CallbackUrl;
use url::Host;

/// Lets public addresses through, and those of an allow-list.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    allow: Vec<IpNet>,
}

/// Why an address is not connected to: the special range that it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{range}")]
pub struct Refused {
    /// What the range is, as in "a private address".
    pub range: &'static str,
}

impl Guard {
    /// Public addresses, and the networks of `allow`.
    pub fn new(allow: Vec<IpNet>) -> Self {
        Self { allow }
    }

    /// Public addresses, loopback, and the networks of `extra`.
    pub fn for_development(mut extra: Vec<IpNet>) -> Self {
        extra.push(IpNet::V4(Ipv4Net::new_assert(
            Ipv4Addr::new(127, 0, 0, 0),
            8,
        )));
        extra.push(IpNet::V6(Ipv6Net::new_assert(Ipv6Addr::LOCALHOST, 128)));
        Self::new(extra)
    }

    /// May this address be connected to?
    pub fn check(&self, address: IpAddr) -> Result<(), Refused> {
        if self.allow.iter().any(|net| net.contains(&address)) {
            return Ok(());
        }
        match address {
            IpAddr::V4(v4) => check_v4(v4),
            IpAddr::V6(v6) => self.check_v6(v6),
        }
    }

    /// An IPv6 address that carries an IPv4 one leads there: the carried one is judged.
    fn check_v6(&self, address: Ipv6Addr) -> Result<(), Refused> {
        if let Some((range, _)) = EXACT_V6.iter().find(|(_, exact)| *exact == address) {
            return Err(Refused { range });
        }
        let carried = carried(address);
        if !carried.is_empty() {
            return carried
                .into_iter()
                .try_for_each(|v4| self.check(IpAddr::V4(v4)));
        }
        match SPECIAL_V6.iter().find(|(_, net)| net.contains(&address)) {
            Some((range, _)) => Err(Refused { range }),
            None if GLOBAL_V6.contains(&address) => Ok(()),
            None => Err(Refused {
                range: "outside the public IPv6 space",
            }),
        }
    }
}

impl Judge for Guard {
    fn literal_refused(&self, url: &CallbackUrl) -> bool {
        let address = match url.host() {
            Host::Domain(_) => return false,
            Host::Ipv4(v4) => IpAddr::V4(*v4),
            Host::Ipv6(v6) => IpAddr::V6(*v6),
        };
        self.check(address).is_err()
    }
}

/// Ranges of the IANA IPv4 special-purpose registry (RFC 6890 and its updates) that are
/// not public, multicast, and the one public address that is a cloud's inside.
const SPECIAL_V4: [(&str, Ipv4Net); 17] = [
    ("an address of \"this network\"", v4(0, 0, 0, 0, 8)),
    ("a private address", v4(10, 0, 0, 0, 8)),
    ("a carrier-grade NAT address", v4(100, 64, 0, 0, 10)),
    ("a loopback address", v4(127, 0, 0, 0, 8)),
    ("a link-local address", v4(169, 254, 0, 0, 16)),
    ("a private address", v4(172, 16, 0, 0, 12)),
    ("an address for protocol assignments", v4(192, 0, 0, 0, 24)),
    ("an address for documentation", v4(192, 0, 2, 0, 24)),
    ("a 6to4 relay address", v4(192, 88, 99, 0, 24)),
    ("a private address", v4(192, 168, 0, 0, 16)),
    ("an address for benchmarks", v4(198, 18, 0, 0, 15)),
    ("an address for documentation", v4(198, 51, 100, 0, 24)),
    ("an address for documentation", v4(203, 0, 113, 0, 24)),
    ("a multicast address", v4(224, 0, 0, 0, 4)),
    ("the broadcast address", v4(255, 255, 255, 255, 32)),
    ("a reserved address", v4(240, 0, 0, 0, 4)),
    // Azure's host agent: answers every virtual machine, and hands out its secrets.
    ("a cloud's own address", v4(168, 63, 129, 16, 32)),
];

/// Public IPv6 space so far (IANA, global unicast). Everything else is refused.
const GLOBAL_V6: Ipv6Net = v6([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);

/// Judged before what they would carry as IPv4-compatible addresses.
const EXACT_V6: [(&str, Ipv6Addr); 2] = [
    ("the unspecified address", Ipv6Addr::UNSPECIFIED),
    ("a loopback address", Ipv6Addr::LOCALHOST),
];

/// Ranges that deserve a name, and those inside the public space that are not public.
const SPECIAL_V6: [(&str, Ipv6Net); 8] = [
    (
        "a unique-local address",
        v6([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7),
    ),
    (
        "a link-local address",
        v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10),
    ),
    (
        "a site-local address",
        v6([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10),
    ),
    ("a multicast address", v6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8)),
    (
        "a local-use NAT64 address",
        v6([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48),
    ),
    (
        "an address for protocol assignments",
        v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23),
    ),
    (
        "an address for documentation",
        v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32),
    ),
    (
        "an address for documentation",
        v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20),
    ),
];

const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6(s: [u16; 8], prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(
        Ipv6Addr::new(s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7]),
        prefix,
    )
}

fn check_v4(address: Ipv4Addr) -> Result<(), Refused> {
    match SPECIAL_V4.iter().find(|(_, net)| net.contains(&address)) {
        Some((range, _)) => Err(Refused { range }),
        None => Ok(()),
    }
}

/// The IPv4 addresses inside an IPv6 one: mapped (RFC 4291 2.5.5.2), compatible
/// (2.5.5.1), NAT64 (RFC 6052), 6to4 (RFC 3056), and of Teredo (RFC 4380) both the
/// server and the client, whose bits are inverted.
fn carried(address: Ipv6Addr) -> Vec<Ipv4Addr> {
    let s = address.segments();
    let pair = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match s {
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            vec![pair(high, low)]
        }
        [0x2002, high, low, ..] => vec![pair(high, low)],
        [0x2001, 0, server_high, server_low, _, _, high, low] => {
            vec![pair(server_high, server_low), pair(!high, !low)]
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(guard: &Guard, addresses: &str, expected: bool) {
        for text in addresses.split_whitespace() {
            let address: IpAddr = text.parse().unwrap();
            assert_eq!(guard.check(address).is_ok(), expected, "{text}");
        }
    }

    #[test]
    fn public_addresses_are_allowed() {
        let guard = Guard::default();
        check(
            &guard,
            "1.1.1.1 8.8.8.8 100.63.255.255 100.128.0.0 172.15.0.1 172.32.0.1",
            true,
        );
        check(
            &guard,
            "126.255.255.255 128.0.0.1 192.0.1.1 198.17.0.1 198.20.0.1 223.1.1.1",
            true,
        );
        check(
            &guard,
            "2606:4700:4700::1111 2a00:1450:4001:80b::200e 2001:200::1",
            true,
        );
    }

    #[test]
    fn special_ranges_are_refused() {
        let guard = Guard::default();
        check(
            &guard,
            "0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 100.127.255.255 127.0.0.1",
            false,
        );
        check(
            &guard,
            "127.255.0.1 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.192",
            false,
        );
        check(
            &guard,
            "192.0.2.1 192.168.0.1 198.18.0.1 198.19.9.9 198.51.100.7",
            false,
        );
        check(
            &guard,
            "203.0.113.9 224.0.0.1 239.1.1.1 240.0.0.1 255.255.255.255",
            false,
        );
        check(
            &guard,
            "168.63.129.16 :: ::1 fc00::1 fd00:ec2::254 fe80::1 febf::1",
            false,
        );
        check(
            &guard,
            "fec0::1 ff02::1 2001:db8::1 3fff::1 2001:2::1 4000::1 100::1",
            false,
        );
        check(&guard, "64:ff9b:1::808:808 ::ffff:0:808:808", false);
    }

    #[test]
    fn the_ipv4_address_inside_an_ipv6_one_is_judged() {
        let guard = Guard::default();
        check(
            &guard,
            "::ffff:10.0.0.1 ::127.0.0.1 64:ff9b::10.1.2.3 2002:7f00:1::",
            false,
        );
        check(
            &guard,
            "2002:c0a8:101::1 ::ffff:169.254.169.254 ::ffff:0.0.0.0",
            false,
        );
        // Teredo: a private client (10.0.0.1 inverted), then a private server.
        check(
            &guard,
            "2001:0:808:808:0:0:f5ff:fffe 2001:0:a00:1:0:0:f7f7:f7f7",
            false,
        );
        check(
            &guard,
            "::ffff:8.8.8.8 64:ff9b::8.8.8.8 2002:808:808::1",
            true,
        );
        check(&guard, "2001:0:808:808:0:0:f7f7:f7f7", true);
    }

    #[test]
    fn the_allow_list_opens_its_networks_alone() {
        let guard = Guard::new(vec![
            "10.1.0.0/16".parse().unwrap(),
            "fd00::/64".parse().unwrap(),
        ]);
        check(&guard, "10.1.2.3 ::ffff:10.1.2.3 fd00::5 8.8.8.8", true);
        check(&guard, "10.2.0.1 fd00:0:0:1::5 127.0.0.1 ::1", false);
    }

    #[test]
    fn development_allows_loopback_and_nothing_else_that_is_special() {
        let guard = Guard::for_development(vec!["192.168.7.0/24".parse().unwrap()]);
        check(
            &guard,
            "127.0.0.1 127.9.9.9 ::1 ::ffff:127.0.0.1 192.168.7.1 1.1.1.1",
            true,
        );
        check(
            &guard,
            "10.0.0.1 169.254.169.254 :: 0.0.0.0 192.168.8.1",
            false,
        );
    }

    #[test]
    fn a_literal_is_judged_in_every_spelling() {
        let guard = Guard::default();
        for text in [
            "http://127.0.0.1/",
            "http://[::1]:80/",
            "http://2130706433/",
            "http://0x7f.1/",
        ] {
            assert!(
                guard.literal_refused(&CallbackUrl::parse(text).unwrap()),
                "{text}"
            );
        }
        for text in [
            "http://localhost/",
            "http://8.8.8.8/",
            "https://crm.example/",
        ] {
            assert!(
                !guard.literal_refused(&CallbackUrl::parse(text).unwrap()),
                "{text}"
            );
        }
    }
}
