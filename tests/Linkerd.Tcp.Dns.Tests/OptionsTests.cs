using System.Net;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.Dns.Tests;

/// <summary>What is true of all options of the package, which are found by themselves.</summary>
public sealed class OptionsTests
{
    // A class that is not here fails the tests.
    private static readonly OptionsTable Table = new(new Dictionary<Type, OptionsTable.Entry>
    {
        [typeof(DnsNamerOptions)] = new(
            "",
            static () => new DnsNamerOptions { NameServers = [new(IPAddress.Loopback, 0)] },
            static options => new object[] { new DnsNamer((DnsNamerOptions)options), new DnsSrvNamer((DnsNamerOptions)options) }),
    });

    public static TheoryData<string> Classes => [.. OptionsProbe.TypesOf(typeof(DnsNamerOptions).Assembly).Select(type => type.Name)];

    private static IReadOnlyList<string> Ranges { get; } = """
        DnsNamerOptions.Prefix: null
        DnsNamerOptions.NameServers: []
        DnsNamerOptions.Timeout: null 1ms 1s 49d
        DnsNamerOptions.ResolverFile: empty blank
        DnsNamerOptions.HostsFile: empty blank
        DnsNamerOptions.TimeProvider:
        DnsNamerOptions.Random: null
        DnsNamerOptions.Logger:
        """.Split('\n');

    [Theory]
    [MemberData(nameof(Classes))]
    public void Class_Options_IsPlainDataThatNoTwoInstancesShare(string name) => Assert.Empty(OptionsProbe.Faults(TypeOf(name)));

    [Theory]
    [MemberData(nameof(Classes))]
    public async Task HandOver_Options_NothingOfTheCallersIsKept(string name) => Assert.Empty(await Table.KeptAsync(TypeOf(name)));

    [Theory]
    [MemberData(nameof(Classes))]
    public async Task HandOver_ValuesAtEveryEdge_ThoseInRangeAreAcceptedAndTheOthersNamed(string name) =>
        Assert.Equal(Ranges.Where(line => line.StartsWith(name + ".", StringComparison.Ordinal)), await Table.AcceptedAsync(TypeOf(name)));

    private static Type TypeOf(string name) => OptionsProbe.TypesOf(typeof(DnsNamerOptions).Assembly).Single(type => type.Name == name);
}
