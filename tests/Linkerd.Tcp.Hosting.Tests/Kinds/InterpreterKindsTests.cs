using System.Net;
using Linkerd.Tcp.Naming;
using Microsoft.Extensions.Logging.Abstractions;

namespace Linkerd.Tcp.Hosting.Tests.Kinds;

/// <summary>What is registered beside the kinds of the package.</summary>
public sealed class InterpreterKindsTests
{
    private static readonly NamerKind Mine = new("my.namer", static _ => new ResolverNamer(DstPath.Parse("/#/my.namer"), new StaticResolver(new IPEndPoint(IPAddress.Loopback, 8080))));

    [Theory]
    [InlineData("/svc/web", true)]
    [InlineData("/other/web", false)]
    public async Task NamerKind_Registered_TheEmbeddedInterpreterBindsItsNames(string name, bool isBound)
    {
        var kind = new InterpreterKinds([Mine]).Get("default");
        var configuration = new LocalInterpreterConfiguration { Dtab = Dtab.Parse("/svc => /#/my.namer") };
        await using var services = kind.Create(configuration, new NamingContext([], NullLoggerFactory.Instance, TimeProvider.System));
        Resolution? last = null;
        await foreach (var resolution in services.Resolver.WatchAsync(DstPath.Parse(name), TestContext.Current.CancellationToken))
        {
            last = resolution;
            if (last is not Resolution.Pending)
            {
                break;
            }
        }

        Assert.Equal(isBound, last is Resolution.Bound { Endpoints.Count: 1 });
    }

    [Fact]
    public void NamerKind_Registered_HelpNamesIt()
    {
        Assert.Contains("(io.l5d.fs, my.namer)", new InterpreterKinds([Mine]).Get("default").Help, StringComparison.Ordinal);
        Assert.Contains("(io.l5d.fs)", new InterpreterKinds().Get("default").Help, StringComparison.Ordinal);
    }
}
