using Linkerd.Tcp.Namerd;
using Linkerd.Tcp.Naming;

namespace Linkerd.Tcp.Hosting.Namerd;

/// <summary>Represents the configuration of namerd as the interpreter, over its HTTP or its mesh interface.</summary>
public sealed class NamerdConfiguration : InterpreterConfiguration
{
    /// <inheritdoc/>
    public override string Kind => IsMesh ? NamerdKinds.MeshName : NamerdKinds.HttpName;

    /// <summary>Gets or sets a value that indicates whether the mesh interface is used (gRPC), and not the HTTP interface. Default: false.</summary>
    public bool IsMesh { get; set; }

    /// <summary>Gets or sets the addresses of equivalent namerds; at least one, of the scheme <c>http</c> or <c>https</c>, or of <c>mesh</c> or <c>meshs</c>. Default: <c>http://127.0.0.1:4180</c>.</summary>
    public IReadOnlyList<Uri> BaseAddresses { get; set; } = new NamerdOptions().BaseAddresses;

    /// <summary>Gets or sets the namespace in which names are resolved. Default: <c>default</c>.</summary>
    public string Namespace { get; set; } = "default";

    /// <summary>Gets or sets the time between two queries, and the longest one between two attempts. Default: 60 s.</summary>
    public TimeSpan Period { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Gets or sets the way in which the HTTP interface is queried. Default: <see cref="NamerdMode.Bind"/>.</summary>
    public NamerdMode Mode { get; set; } = NamerdMode.Bind;

    /// <summary>Gets or sets the longest time, varied by a tenth, until a watch is opened again. Default: 10 min.</summary>
    public TimeSpan MaxAge { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Gets or sets the dtab that namerd appends to its own; null, the default, for none.</summary>
    public Dtab? Dtab { get; set; }

    /// <summary>Gets or sets the PEM file of the certificate authorities that are trusted for namerd; null, the default, for those of the system.</summary>
    public string? TrustCerts { get; set; }

    /// <summary>Gets or sets the PEM file of the client certificate, followed by its chain; null, the default, for none.</summary>
    public string? Cert { get; set; }

    /// <summary>Gets or sets the PEM file of the private key; null, the default, if it is in the file of the certificate.</summary>
    public string? PrivateKey { get; set; }

    /// <summary>Gets or sets the name that the certificate of namerd must have; null, the default, for the host of its address.</summary>
    public string? DnsName { get; set; }

    /// <summary>Checks the options of TLS together, and their files.</summary>
    /// <param name="fail">Called with the key of each option that is wrong and, as the rest of a sentence that begins with its name, the error.</param>
    /// <param name="nameOf">The name of an option for messages, by its key.</param>
    public void CheckTls(Action<string, string> fail, Func<string, string> nameOf)
    {
        ArgumentNullException.ThrowIfNull(fail);
        ArgumentNullException.ThrowIfNull(nameOf);
        NamerdTlsFiles.Load(this, fail, nameOf);
    }
}
