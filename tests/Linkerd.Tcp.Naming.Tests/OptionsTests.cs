using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.Naming.Tests;

/// <summary>What is true of all options of the package, which are found by themselves.</summary>
public sealed class OptionsTests
{
    // A class that is not here fails the tests.
    private static readonly OptionsTable Table = new(new Dictionary<Type, OptionsTable.Entry>
    {
        [typeof(CachingResolverOptions)] = new(
            "", static () => new CachingResolverOptions { Directory = "d" }, static options => new CachingResolver(new StaticResolver(), (CachingResolverOptions)options)),
        [typeof(FileNamerOptions)] = new("", static () => new FileNamerOptions(), static options => new FileNamer("d", (FileNamerOptions)options)),
        [typeof(LocalInterpreterOptions)] = new(
            "",
            static () => new LocalInterpreterOptions { Namers = [new FileNamer("d")] },
            static options => new LocalInterpreter((LocalInterpreterOptions)options)),
    });

    public static TheoryData<string> Classes => [.. OptionsProbe.TypesOf(typeof(LocalInterpreterOptions).Assembly).Select(type => type.Name)];

    private static IReadOnlyList<string> Ranges { get; } = """
        CachingResolverOptions.Directory:
        CachingResolverOptions.Scope: empty blank
        CachingResolverOptions.Wait: 0 1ms 1s 49d
        CachingResolverOptions.WriteInterval: 0 1ms 1s 49d
        CachingResolverOptions.TimeProvider:
        CachingResolverOptions.Logger:
        FileNamerOptions.Prefix:
        FileNamerOptions.SettleTime: 1ms 1s 49d
        FileNamerOptions.MaxSettleTime: 1ms 1s 49d
        FileNamerOptions.RescanInterval: 1ms 1s 49d
        FileNamerOptions.PollInterval: 1ms 1s 49d
        FileNamerOptions.HostLookup:
        FileNamerOptions.HostRefreshInterval: 1ms 1s 49d
        FileNamerOptions.HostLookupTimeout: 1ms 1s 49d
        FileNamerOptions.TimeProvider:
        FileNamerOptions.Random: null
        FileNamerOptions.Logger:
        LocalInterpreterOptions.Dtab:
        LocalInterpreterOptions.Namers: []
        LocalInterpreterOptions.RefreshInterval: 1ms 1s 49d
        LocalInterpreterOptions.LookupTimeout: 1ms 1s 49d
        LocalInterpreterOptions.HostLookup:
        LocalInterpreterOptions.TimeProvider:
        LocalInterpreterOptions.Random: null
        LocalInterpreterOptions.Logger:
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

    private static Type TypeOf(string name) => OptionsProbe.TypesOf(typeof(LocalInterpreterOptions).Assembly).Single(type => type.Name == name);
}
