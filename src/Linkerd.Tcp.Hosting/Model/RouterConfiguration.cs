namespace Linkerd.Tcp.Hosting;

/// <summary>Represents the configuration of a router: servers that accept sessions, the interpreter that resolves their names, and settings of the connections to endpoints.</summary>
public sealed class RouterConfiguration
{
    /// <summary>Gets or sets the name of the router in messages. Default: <c>default</c>.</summary>
    public string Label { get; set; } = "default";

    /// <summary>Gets or sets the interpreter, which resolves names. Default: the embedded interpreter, without a dtab.</summary>
    public InterpreterConfiguration Interpreter { get; set; } = new LocalInterpreterConfiguration();

    /// <summary>Gets or sets the directory in which the last good endpoints of each name are remembered; null, the default, if they are not.</summary>
    public string? StateDirectory { get; set; }

    /// <summary>Gets or sets the servers; at least one. Required.</summary>
    public IReadOnlyList<ServerConfiguration> Servers { get; set; } = [];

    /// <summary>Gets or sets the settings of the connections to endpoints, for all names and by prefix. Default: none.</summary>
    public ClientConfiguration Client { get; set; } = new();
}
