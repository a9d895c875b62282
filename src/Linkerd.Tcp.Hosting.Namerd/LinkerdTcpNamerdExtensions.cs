using Linkerd.Tcp.Hosting;
using Linkerd.Tcp.Hosting.Namerd;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds namerd as the interpreter of proxies and destinations.</summary>
public static class LinkerdTcpNamerdExtensions
{
    /// <summary>Adds the kind <c>io.l5d.namerd.http</c>: namerd over its HTTP interface.</summary>
    /// <param name="builder">The proxy or the destination.</param>
    public static TcpHostingBuilder AddNamerd(this TcpHostingBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddInterpreter(NamerdKinds.Http);
    }

    /// <summary>Adds the kind <c>io.l5d.mesh</c>: namerd over its gRPC interface.</summary>
    /// <param name="builder">The proxy or the destination.</param>
    public static TcpHostingBuilder AddMesh(this TcpHostingBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddInterpreter(NamerdKinds.Mesh);
    }
}
