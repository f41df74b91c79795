//! Reproducible pseudorandom numbers from a seed, and their inverse.

/// SplitMix64: every bit of the result depends on every bit of the input.
pub fn hash(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// The same for text (FNV-1a).
pub fn hash_of(text: &str) -> u64 {
    let step = |state: u64, byte: u8| (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    hash(text.bytes().fold(0xcbf2_9ce4_8422_2325, step))
}

pub fn gcd(one: u64, other: u64) -> u64 {
    if other == 0 { one } else { gcd(other, one % other) }
}

/// The number by which a product with `number` becomes 1, below `modulus`.
pub fn inverse(number: u64, modulus: u64) -> u64 {
    let signed = |number: u64| i64::try_from(number).unwrap();
    let (mut old, mut rest) = (signed(number), signed(modulus));
    let (mut old_factor, mut factor) = (1, 0);
    while rest != 0 {
        let quotient = old / rest;
        (old, rest) = (rest, old - quotient * rest);
        (old_factor, factor) = (factor, old_factor - quotient * factor);
    }
    old_factor.rem_euclid(signed(modulus)).unsigned_abs()
}

pub fn narrow(number: u64) -> usize {
    usize::try_from(number).unwrap()
}
