using System.Text.Json;

namespace Linkerd.Tcp.Naming.Tests.Delegation;

public sealed class LocalDelegationTests : IDisposable
{
    // What the namerd was run with that the recordings are of.
    private const string Recorded =
        """
        /svc           => /#/io.l5d.fs ;
        /svc/web       => 9 * /#/io.l5d.fs/web1 & 1 * /#/io.l5d.fs/web2 ;
        /svc/nope      => ~ ;       /svc/fail => ! ;       /svc/empty => $ ;       /svc/nil => /$/nil ;
        /svc/alt       => /#/io.l5d.fs/missing | /#/io.l5d.fs/web1 ;
        /svc/inet      => /$/inet/localhost/8080 ;         /svc/inetbad => /$/inet/no-such-host.invalid/8080 ;
        /svc/klass     => /$/no.such.Klass/x ;             /svc/loop => /svc/loop ;
        /svc/bump      => 0.125 * /#/io.l5d.fs/web1 & 0.001 * /#/io.l5d.fs/web2 ;
        /svc/zero      => 0 * /#/io.l5d.fs/web1 & 0 * /#/io.l5d.fs/web2 ;
        /svc/halfneg   => 3 * /#/io.l5d.fs/web1 & 7 * /#/io.l5d.fs/missing ;
        /svc/halfempty => 3 * /#/io.l5d.fs/web1 & 7 * /#/io.l5d.fs/empty ;
        /svc/nested    => 0.5 * (1 * /#/io.l5d.fs/web1 & 3 * /#/io.l5d.fs/web2) & 0.5 * /#/io.l5d.fs/web3 ;
        """;

    private static readonly string[] Files = ["plain", "web1", "web2", "web3", "empty", "comment", "bad", "odd", "many", "dir/leaf"];

    private readonly string _directory = Directory.CreateTempSubdirectory("linkerd-tcp-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Delegate_EveryRecordedName_IsAsNamerdHasIt()
    {
        Directory.CreateDirectory(Path.Combine(_directory, "dir"));
        foreach (var file in Files)
        {
            await File.WriteAllTextAsync(Path.Combine(_directory, file), "127.0.0.1 8080\n", TestContext.Current.CancellationToken);
        }

        var interpreter = new LocalInterpreter(new() { Dtab = Dtab.Parse(Recorded), Namers = [new FileNamer(_directory)] });
        var compared = 0;
        foreach (var (name, document) in Recordings())
        {
            var tree = await interpreter.DelegateAsync(DstPath.Parse(name), TestContext.Current.CancellationToken);

            Assert.Equal(DelegateText.Of(document), DelegateText.Of(tree));
            compared++;
        }

        Assert.True(compared > 35, $"only {compared} were compared");
    }

    [Fact]
    public async Task Delegate_EntriesThatLeadBackToThemselves_IsAnErrorWithinTheBudget()
    {
        var interpreter = new LocalInterpreter(new() { Dtab = Dtab.Parse("/loop => /loop/x ; /loop => /loop") });

        var failed = Assert.IsType<DelegateTree.Failed>(await interpreter.DelegateAsync(DstPath.Parse("/loop"), TestContext.Current.CancellationToken));

        Assert.Contains("more than 10000 steps", failed.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Delegate_OneEntryThatLeadsBackToItself_IsAnErrorOfDepth()
    {
        var interpreter = new LocalInterpreter(new() { Dtab = Dtab.Parse("/loop => /loop") });

        var failed = Assert.IsType<DelegateTree.Failed>(await interpreter.DelegateAsync(DstPath.Parse("/loop"), TestContext.Current.CancellationToken));

        Assert.Equal("Max recursion level reached.", failed.Error);
    }

    [Fact]
    public async Task Delegate_AnEntryThatSaysNothingAlone_ShowsWhatTheNamerSaysAsBindingGoes()
    {
        var interpreter = new LocalInterpreter(new() { Dtab = Dtab.Parse("/$/inet/* => ~") });

        var tree = await interpreter.DelegateAsync(DstPath.Parse("/$/inet/127.0.0.1/80"), TestContext.Current.CancellationToken);

        Assert.Equal("alt /$/inet/127.0.0.1/80 [] (neg ~ [/$/inet/*=>~] (), leaf /$/inet/127.0.0.1/80 [] (/$/inet/127.0.0.1/80 + /))", DelegateText.Of(tree));
    }

    [Fact]
    public async Task Delegate_ANameWithATreeOfItsOwn_BeginsWithThat()
    {
        var interpreter = new LocalInterpreter(names: new Dictionary<DstPath, NameTree> { [DstPath.Parse("/a")] = NameTree.Parse("/$/nil | /$/fail") });

        var tree = await interpreter.DelegateAsync(DstPath.Parse("/a"), TestContext.Current.CancellationToken);

        Assert.Equal("alt /a [] (empty /$/nil [/a=>/$/nil | /$/fail] (), fail /$/fail [/a=>/$/nil | /$/fail] ())", DelegateText.Of(tree));
    }

    private static IEnumerable<(string Name, JsonElement Document)> Recordings()
    {
        var recordings = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Captures", "delegate.json"))).RootElement;
        foreach (var recording in recordings.EnumerateObject())
        {
            var answer = recording.Value.GetProperty("got").EnumerateArray().First().GetProperty("data").GetString()!;
            if (answer.StartsWith("HTTP/1.1 200", StringComparison.Ordinal))
            {
                yield return (recording.Name["delegate ".Length..], JsonDocument.Parse(answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..]).RootElement);
            }
        }
    }
}
