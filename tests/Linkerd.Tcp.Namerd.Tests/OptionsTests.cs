using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.Namerd.Tests;

/// <summary>What is true of all options of the package, which are found by themselves.</summary>
public sealed class OptionsTests
{
    // A class that is not here fails the tests.
    private static readonly OptionsTable Table = new(new Dictionary<Type, OptionsTable.Entry>
    {
        [typeof(NamerdOptions)] = new("", static () => new NamerdOptions { Tls = new() { Certificate = new() { CertificateFile = "c.pem" } } }, static options => new NamerdResolver((NamerdOptions)options)),
    });

    public static TheoryData<string> Classes => [.. OptionsProbe.TypesOf(typeof(NamerdOptions).Assembly).Select(type => type.Name)];

    private static IReadOnlyList<string> Ranges { get; } = """
        NamerdOptions.BaseAddresses:
        NamerdOptions.Namespace:
        NamerdOptions.Dtab:
        NamerdOptions.Mode: first
        NamerdOptions.Interval: 1ms 1s
        NamerdOptions.MaxStreamAge: 1ms 1s
        NamerdOptions.Tls:
        NamerdOptions.RequestTimeout: 1ms 1s
        NamerdOptions.MaxAnswerBytes: 1 max
        NamerdOptions.TimeProvider:
        NamerdOptions.Random: null
        NamerdOptions.LoggerFactory:
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

    private static Type TypeOf(string name) => OptionsProbe.TypesOf(typeof(NamerdOptions).Assembly).Single(type => type.Name == name);
}
