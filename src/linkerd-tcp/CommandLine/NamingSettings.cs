using Linkerd.Tcp.Namerd;

namespace Linkerd.Tcp.Cli;

/// <summary>Who resolves a name, and how: checked.</summary>
internal sealed record NamingSettings
{
    // What namerd does not have, or would resolve no better.
    private static readonly DstPath[] BuiltIn = [DstPath.Parse("/$"), DstPath.Parse("/#/io.l5d.dns"), DstPath.Parse("/#/io.l5d.dnssrv")];

    /// <summary>A name, or a tree of names.</summary>
    public required NameTree Target { get; init; }

    /// <summary>The directory of the file namer; null: there is none.</summary>
    public required string? Disco { get; init; }

    /// <summary>The dtab by which names are bound here; null: none was given.</summary>
    public required Dtab? Dtab { get; init; }

    /// <summary>Whether the embedded interpreter resolves the target, or namerd.</summary>
    public bool IsLocal => Disco is not null || Dtab is not null || Target.Names().All(name => Array.Exists(BuiltIn, name.StartsWith));

    /// <summary>Says of names that lead to a namer that there is not, where they are bound here.</summary>
    public IEnumerable<string> FindUnknownNamers() => IsLocal ? KnownNamers.FindUnknown(Dtab ?? Linkerd.Tcp.Dtab.Empty, Target, hasFiles: Disco is not null) : [];

    public required IReadOnlyList<Uri> NamerdAddresses { get; init; }

    public required TimeSpan NamerdInterval { get; init; }

    public required string NamerdNamespace { get; init; }

    public required NamerdMode NamerdMode { get; init; }

    public required TimeSpan NamerdMaxAge { get; init; }

    /// <summary>What namerd appends to its dtab.</summary>
    public required Dtab NamerdDtab { get; init; }

    public required NamerdTlsOptions NamerdTls { get; init; }

    /// <summary>Whether namerd's mesh interface is asked, and not its HTTP interface.</summary>
    public bool IsMesh => NamerdText.IsMesh(NamerdAddresses[0]);

    /// <summary>What decides what the name of the target means, besides who answers: what was remembered of another is not for this one.</summary>
    public string Scope => IsLocal ? $"local {Dtab} {Disco} {Target}" : $"namerd {NamerdNamespace} {NamerdDtab} {Target}";
}
