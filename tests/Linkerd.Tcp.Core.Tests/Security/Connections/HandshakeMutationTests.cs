using Linkerd.Tcp.Fuzz;
using Xunit;

namespace Linkerd.Tcp.Tests.Security.Connections;

/// <summary>Recorded handshakes, whole and changed: both sides end each of them in words. The long run is the target <c>handshake</c> of tests/Linkerd.Tcp.Fuzz.</summary>
public sealed class HandshakeMutationTests
{
    private static readonly FuzzTarget Target = new("handshake", ["\u0016\u0003\u0003", "\u0014\u0003\u0003\0\u0001\u0001", "\u0015\u0003\u0003\0\u0002\u0002\u0028", "\u0017\u0003\u0003\0\0", "\u000b\0\0", "\u000e\0\0\0", "\0"], HandshakeChecks.Check, FixedBytes: 16 * 1024 * 1024);

    [Fact]
    public void Handshake_RecordedFlights_EndInWords()
    {
        var corpus = Target.Corpus().ToList();
        Assert.Equal((true, true), (corpus.Any(entry => HandshakeChecks.IsForServer(entry.Input)), corpus.Any(entry => !HandshakeChecks.IsForServer(entry.Input))));
        foreach (var (name, input) in corpus)
        {
            var broken = Record.Exception(() => Target.Check(input));
            Assert.True(broken is null, $"{name}: {broken}");
        }
    }

    [Fact]
    public void Handshake_PeerThatAnswersIsEdited_EndsInWords()
    {
        var live = new FuzzTarget("handshake-live", ["\0\u0005\u0002\u0016", "\u0002\u0010\u0001\0", "\0\0\u0005\0"], HandshakeChecks.CheckLive, FixedBytes: 64 * 1024 * 1024);
        var corpus = live.Corpus().Select(static entry => entry.Input).ToList();
        Assert.NotEmpty(corpus);
        corpus.ForEach(live.Check);
        var mutator = new Mutator(live, corpus, seed: 15);
        for (var i = 0; i < 300; i++)
        {
            live.Check(mutator.Next());
        }
    }

    [Fact]
    public void Handshake_TwoThousandMutations_EndInWords()
    {
        var mutator = new Mutator(Target, [.. Target.Corpus().Select(static entry => entry.Input)], seed: 15);
        for (var i = 0; i < 2000; i++)
        {
            Target.Check(mutator.Next());
        }
    }
}
