using Linkerd.Tcp.Fuzz;

namespace Linkerd.Tcp.Namerd;

/// <summary>The corpus of the fuzzer, replayed; and a short run from a fixed seed. The long runs are made by hand: its README has how.</summary>
public sealed class CorpusTests
{
    public static TheoryData<string> Targets => [.. FuzzTargets.All.Select(target => target.Name)];

    [Theory]
    [MemberData(nameof(Targets))]
    public void Corpus_EveryInput_IsReadOrRefusedWithinBounds(string name)
    {
        var target = FuzzTargets.All.Single(target => target.Name == name);
        var corpus = target.Corpus().ToList();

        Assert.NotEmpty(corpus);
        foreach (var (file, input) in corpus)
        {
            var broken = Record.Exception(() => target.Check(input));
            Assert.True(broken is null, $"{name}/{file}: {broken}");
        }
    }

    [Theory]
    [MemberData(nameof(Targets))]
    public void Mutations_AThousand_AreReadOrRefusedWithinBounds(string name)
    {
        var target = FuzzTargets.All.Single(target => target.Name == name);
        var mutator = new Mutator(target, [.. target.Corpus().Select(entry => entry.Input)], seed: 7);
        for (var i = 0; i < 1000; i++)
        {
            target.Check(mutator.Next());
        }
    }
}
