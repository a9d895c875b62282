using Linkerd.Tcp.Hosting;
using Linkerd.Tcp.Namerd;
using Linkerd.Tcp.Naming;

namespace Linkerd.Tcp.Cli.Naming;

/// <summary>Represents the configuration of namerd as the interpreter, over its HTTP or its mesh interface. Its rows (<see cref="NamerdRows"/>) have the text of each option.</summary>
internal sealed class NamerdConfiguration : InterpreterConfiguration
{
    /// <inheritdoc/>
    public override string Kind => IsMesh ? NamerdKinds.MeshName : NamerdKinds.HttpName;

    /// <summary>True if the mesh interface is used (gRPC), and not the HTTP interface.</summary>
    public bool IsMesh { get; set; }

    public IReadOnlyList<Uri> BaseAddresses { get; set; } = new NamerdOptions().BaseAddresses;

    public string Namespace { get; set; } = "default";

    public TimeSpan Period { get; set; } = TimeSpan.FromSeconds(60);

    public NamerdMode Mode { get; set; } = NamerdMode.Bind;

    public TimeSpan MaxAge { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>The dtab that namerd appends to its own; null for none.</summary>
    public Dtab? Dtab { get; set; }

    public string? TrustCerts { get; set; }

    public string? Cert { get; set; }

    public string? PrivateKey { get; set; }

    public string? DnsName { get; set; }
}
