using Linkerd.Tcp.Hosting;
using Linkerd.Tcp.Hosting.Namerd;

namespace Linkerd.Tcp.Cli.Naming;

/// <summary>The kinds of interpreters and namers of this executable.</summary>
internal static class KnownKinds
{
    /// <summary>Gets the table of options, with these kinds.</summary>
    public static ConfigurationTable Table { get; } = new(new InterpreterKinds([DnsKinds.Hosts, DnsKinds.Services], NamerdKinds.Http, NamerdKinds.Mesh));
}
