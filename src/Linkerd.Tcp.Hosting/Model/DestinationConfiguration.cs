using Linkerd.Tcp.Naming;

namespace Linkerd.Tcp.Hosting;

/// <summary>Represents the configuration of a destination without a listener: a target, the interpreter that resolves its names, and settings of the connections to endpoints.</summary>
public sealed class DestinationConfiguration
{
    /// <summary>Gets or sets the target: a name, or a tree of names. Required.</summary>
    public NameTree? DstName { get; set; }

    /// <summary>Gets or sets the interpreter, which resolves names. Default: the embedded interpreter, without a dtab.</summary>
    public InterpreterConfiguration Interpreter { get; set; } = new LocalInterpreterConfiguration();

    /// <summary>Gets or sets the directory in which the last good endpoints of each name are remembered; null, the default, if they are not.</summary>
    public string? StateDirectory { get; set; }

    /// <summary>Gets or sets the settings of the connections to endpoints, for all names and by prefix. Default: none.</summary>
    public ClientConfiguration Client { get; set; } = new();
}
