using System.Collections.Frozen;

namespace Linkerd.Tcp.Security.Certificates;

/// <summary>Represents the identities of a listener, of which the client's server name selects one. Immutable; members may be called from any thread, and allocate nothing.</summary>
/// <remarks>
/// An exact name beats a wildcard, a wildcard stands for one label, and the first identity is the default. Of two identities with the same name the first one given is used, as HAProxy does with
/// certificates of the same name and nginx with servers of the same name ("conflicting server name, ignored"): so the order of the configuration decides, and neither a renewal nor the passing of
/// time changes it. Unlike with HAProxy, an exact name of a later identity beats a wildcard of the default.
/// </remarks>
internal sealed class TlsIdentitySet
{
    private readonly TlsIdentityPair _default;
    private readonly FrozenDictionary<string, TlsIdentityPair>.AlternateLookup<ReadOnlySpan<char>> _exact;
    private readonly FrozenDictionary<string, TlsIdentityPair>.AlternateLookup<ReadOnlySpan<char>> _wildcards;

    /// <param name="identities">The identities, the default first; at least one.</param>
    /// <param name="usesPairs">True if an ECDSA and an RSA identity of the same name are both used, so that there is nothing to warn of.</param>
    public TlsIdentitySet(IReadOnlyList<TlsIdentity> identities, bool usesPairs = false)
    {
        All = identities;
        Default = identities[0];
        _default = new(Default, identities.FirstOrDefault(identity => identity.IsEcdsa != Default.IsEcdsa && identity.Names.Intersect(Default.Names).Any()));
        var (exact, wildcards) = (new Dictionary<string, TlsIdentityPair>(), new Dictionary<string, TlsIdentityPair>());
        var warnings = new List<string>();
        foreach (var identity in identities)
        {
            foreach (var name in identity.Names.Distinct())
            {
                // A wildcard's key begins with its dot.
                var (names, key) = HostPattern.IsWildcard(name) ? (wildcards, name[1..]) : (exact, name);
                if (names.TryAdd(key, new(identity, null)))
                {
                    continue;
                }

                var (first, second) = names[key];
                if (first.IsEcdsa == identity.IsEcdsa || second is not null)
                {
                    warnings.Add($"the name {name} is in {(first.IsEcdsa == identity.IsEcdsa ? first : second!).File} and in {identity.File}: the first of them is used");
                    continue;
                }

                names[key] = new(first, identity);
                if (!usesPairs)
                {
                    warnings.Add($"the name {name} has an ECDSA and an RSA certificate, and only one of them can be used: {first.File}, not {identity.File}");
                }
            }
        }

        Warnings = warnings;
        _exact = Freeze(exact);
        _wildcards = Freeze(wildcards);
    }

    /// <summary>Gets the identities in the order in which they were given.</summary>
    public IReadOnlyList<TlsIdentity> All { get; }

    /// <summary>Gets the identity for clients that send no server name, or one that no identity has.</summary>
    public TlsIdentity Default { get; }

    /// <summary>Gets what is wrong with the identities beside each other.</summary>
    public IReadOnlyList<string> Warnings { get; }

    /// <summary>Returns the identity for a server name, in any case and with or without a dot at its end; the default if no identity has it.</summary>
    public TlsIdentity Select(ReadOnlySpan<char> serverName) => Find(serverName) ?? Default;

    /// <summary>Returns the identity that has a server name; null if there is none.</summary>
    public TlsIdentity? Find(ReadOnlySpan<char> serverName) => FindPair(serverName)?.First;

    /// <summary>Returns the identities for a server name, one of each type of key.</summary>
    public TlsIdentityPair SelectPair(ReadOnlySpan<char> serverName) => FindPair(serverName) ?? _default;

    private TlsIdentityPair? FindPair(ReadOnlySpan<char> serverName)
    {
        var name = serverName is [.., '.'] ? serverName[..^1] : serverName;
        return _exact.TryGetValue(name, out var pair) || (name.IndexOf('.') is var dot and > 0 && _wildcards.TryGetValue(name[dot..], out pair)) ? pair : null;
    }

    private static FrozenDictionary<string, TlsIdentityPair>.AlternateLookup<ReadOnlySpan<char>> Freeze(Dictionary<string, TlsIdentityPair> names) =>
        names.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase).GetAlternateLookup<ReadOnlySpan<char>>();
}

/// <summary>Represents the identities of one name, one of each type of key. Immutable.</summary>
/// <param name="First">The one that was given first, which is used if only one can be.</param>
/// <param name="Second">The one of the other type of key; null if there is none.</param>
internal sealed record TlsIdentityPair(TlsIdentity First, TlsIdentity? Second)
{
    /// <summary>Gets both.</summary>
    public IEnumerable<TlsIdentity> All => Second is null ? [First] : [First, Second];
}
