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
    private readonly FrozenDictionary<string, TlsIdentity>.AlternateLookup<ReadOnlySpan<char>> _exact;
    private readonly FrozenDictionary<string, TlsIdentity>.AlternateLookup<ReadOnlySpan<char>> _wildcards;

    /// <param name="identities">The identities, the default first; at least one.</param>
    public TlsIdentitySet(IReadOnlyList<TlsIdentity> identities)
    {
        All = identities;
        Default = identities[0];
        var (exact, wildcards) = (new Dictionary<string, TlsIdentity>(), new Dictionary<string, TlsIdentity>());
        var warnings = new List<string>();
        foreach (var identity in identities)
        {
            foreach (var name in identity.Names.Distinct())
            {
                // A wildcard's key begins with its dot.
                var (names, key) = HostPattern.IsWildcard(name) ? (wildcards, name[1..]) : (exact, name);
                if (!names.TryAdd(key, identity))
                {
                    var first = names[key];
                    warnings.Add(first.IsEcdsa == identity.IsEcdsa
                        ? $"the name {name} is in {first.File} and in {identity.File}: the first of them is used"
                        : $"the name {name} has an ECDSA and an RSA certificate, and only one of them can be used: {first.File}, not {identity.File}");
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
    public TlsIdentity? Find(ReadOnlySpan<char> serverName)
    {
        var name = serverName is [.., '.'] ? serverName[..^1] : serverName;
        return _exact.TryGetValue(name, out var identity) || (name.IndexOf('.') is var dot and > 0 && _wildcards.TryGetValue(name[dot..], out identity)) ? identity : null;
    }

    private static FrozenDictionary<string, TlsIdentity>.AlternateLookup<ReadOnlySpan<char>> Freeze(Dictionary<string, TlsIdentity> names) =>
        names.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase).GetAlternateLookup<ReadOnlySpan<char>>();
}
