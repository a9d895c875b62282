namespace Linkerd.Tcp.PublicApi.Tests.Names;

/// <summary>The namespaces of public types (docs/decisions/0043-namespaces-and-names.md).</summary>
public sealed class NamespaceTests
{
    private const string Root = "Linkerd.Tcp";

    // That of the methods that extend a container, by the convention of .NET.
    private const string OfContainers = "Microsoft.Extensions.DependencyInjection";

    private static readonly string[] FirstContact =
    [
        "CloseReason", "Destination", "DestinationExtensions", "DestinationOptions", "DestinationRegistry", "DestinationRegistryOptions", "DstPath", "DuplexOptions", "DuplexProxy", "EndpointSet", "ILoadBalancer", "IResolver", "ListenerOptions", "LocalListener",
        "Resolution", "StaticResolver", "TcpProxy", "TcpProxyOptions", "TransportConnection",
        "TransportConnectionExtensions",
    ];

    [Fact]
    public void Root_ItsTypes_AreTheFixedList() =>
        Assert.Equal(FirstContact, Repository.PublicTypes.Where(static type => type.Namespace == Root).Select(static type => type.Name).Order(StringComparer.Ordinal));

    [Fact]
    public void PublicTypes_OfCore_AreInARoomDirectlyBelowTheRoot()
    {
        var deep = Repository.PublicTypes.Where(static type => type.Assembly == typeof(TcpProxy).Assembly && type.Namespace != Root && type.Namespace!.Split('.').Length != 3);
        Assert.Equal("", string.Join('\n', deep.Select(static type => type.FullName)));
    }

    [Fact]
    public void PublicTypes_OfOtherPackages_AreInTheNamespaceOfTheirPackage()
    {
        var others = Repository.PublicTypes.Where(static type => type.Assembly != typeof(TcpProxy).Assembly && type.Namespace != type.Assembly.GetName().Name && !IsOfContainers(type));
        Assert.Equal("", string.Join('\n', others.Select(static type => type.FullName)));
    }

    [Fact]
    public void PublicTypes_OfTheNamespaceOfContainers_BeginWithTheNameOfThisLibrary() => Assert.All(
        Repository.PublicTypes.Where(static type => type.Namespace == OfContainers), static type => Assert.Matches("^LinkerdTcp\\w+Extensions$", type.Name));

    [Fact]
    public void Namespaces_OfPublicTypes_HaveNoTypesOfTheirName()
    {
        var namespaces = Repository.PublicTypes.SelectMany(static type => type.Namespace!.Split('.')).ToHashSet();
        Assert.Equal("", string.Join('\n', Repository.PublicTypes.Where(type => namespaces.Contains(type.Name)).Select(static type => type.FullName)));
    }

    private static bool IsOfContainers(Type type) => type.Namespace == OfContainers && type is { IsAbstract: true, IsSealed: true };
}
