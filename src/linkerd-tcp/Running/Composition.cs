using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Cli;

/// <summary>The one place where the parts of the proxy are put together.</summary>
internal sealed class Composition : IAsyncDisposable
{
    private Composition(TcpProxy proxy, string resolver)
    {
        Proxy = proxy;
        Resolver = resolver;
    }

    /// <summary>The proxy, not started yet.</summary>
    public TcpProxy Proxy { get; }

    /// <summary>Who resolves the name, for the log.</summary>
    public string Resolver { get; }

    /// <summary>Puts a proxy together; nothing is opened yet.</summary>
    public static Composition Build(ProxySettings settings, ILoggerFactory loggerFactory, Meter meter, TimeProvider timeProvider)
    {
        var resolver = settings.Target.IsLocal
            ? "the embedded interpreter"
            : $"namerd at {settings.NamerdAddress.Authority}, namespace {settings.NamerdNamespace}";
        return new Composition(new TcpProxy(), resolver);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Proxy.DisposeAsync();
}
