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
    public void Handshake_TwoThousandMutations_EndInWords()
    {
        var mutator = new Mutator(Target, [.. Target.Corpus().Select(static entry => entry.Input)], seed: 15);
        for (var i = 0; i < 2000; i++)
        {
            Target.Check(mutator.Next());
        }
    }
}
