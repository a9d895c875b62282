using Linkerd.Tcp.Namerd.Mesh;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.Namerd.Tests;

/// <summary>What is true of all options of the package, which are found by themselves.</summary>
public sealed class OptionsTests
{
    // A class that is not here fails the tests.
    private static readonly OptionsTable Table = new(new Dictionary<Type, OptionsTable.Entry>
    {
        [typeof(MeshOptions)] = new("", static () => new MeshOptions { Tls = new() { Certificate = new() { CertificateFile = "c.pem" } } }, static options => new MeshResolver((MeshOptions)options)),
    });

    public static TheoryData<string> Classes => [.. OptionsProbe.TypesOf(typeof(MeshOptions).Assembly).Select(type => type.Name)];

    private static IReadOnlyList<string> Ranges { get; } = """
        MeshOptions.Addresses:
        MeshOptions.Namespace: blank
        MeshOptions.Dtab:
        MeshOptions.Tls:
        MeshOptions.Interval: null 1ms 1s
        MeshOptions.MaxStreamAge: 1ms 1s
        MeshOptions.RequestTimeout: 1ms 1s
        MeshOptions.PingDelay: 1s
        MeshOptions.PingTimeout: 1s
        MeshOptions.MaxAnswerBytes: 1 max
        MeshOptions.HostLookup:
        MeshOptions.TimeProvider:
        MeshOptions.Random: null
        MeshOptions.LoggerFactory:
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

    private static Type TypeOf(string name) => OptionsProbe.TypesOf(typeof(MeshOptions).Assembly).Single(type => type.Name == name);
}
