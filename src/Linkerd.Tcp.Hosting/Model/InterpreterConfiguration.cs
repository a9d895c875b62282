using System.Net;
using Linkerd.Tcp.Naming;

namespace Linkerd.Tcp.Hosting;

/// <summary>Represents the configuration of an interpreter, which resolves names. Each kind has a class, which the package that implements it registers.</summary>
public abstract class InterpreterConfiguration
{
    /// <summary>Gets the name of the kind, such as <c>io.l5d.namerd.http</c>.</summary>
    public abstract string Kind { get; }
}

/// <summary>Represents the configuration of the embedded interpreter: names are bound in the process, by a dtab and namers.</summary>
public sealed class LocalInterpreterConfiguration : InterpreterConfiguration
{
    /// <summary>The name of the kind.</summary>
    public const string KindName = "default";

    /// <inheritdoc/>
    public override string Kind => KindName;

    /// <summary>Gets or sets the dtab; if null, the default, that of the file namer if there is one (<c>/svc => /#/io.l5d.fs</c>), otherwise an empty one.</summary>
    public Dtab? Dtab { get; set; }

    /// <summary>Gets or sets the namers besides those that are registered. Default: none.</summary>
    public IReadOnlyList<FileNamerConfiguration> Namers { get; set; } = [];
}

/// <summary>Represents the configuration of a namer whose names are the files of a directory (<c>io.l5d.fs</c>).</summary>
public sealed class FileNamerConfiguration
{
    /// <summary>Gets or sets the directory. Required.</summary>
    public string? RootDir { get; set; }
}

/// <summary>Represents the configuration of one fixed set of endpoints for every name.</summary>
public sealed class StaticInterpreterConfiguration : InterpreterConfiguration
{
    /// <summary>The name of the kind.</summary>
    public const string KindName = "io.l5d.static";

    /// <inheritdoc/>
    public override string Kind => KindName;

    /// <summary>Gets or sets the addresses; at least one. Required.</summary>
    public IReadOnlyList<IPEndPoint> Addrs { get; set; } = [];
}
