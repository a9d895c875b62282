using System.Diagnostics;
using System.Globalization;
using Linkerd.Tcp.Fuzz;
using Linkerd.Tcp.Fuzz.OpenSsl;

// dotnet run -c Release --project tests/Linkerd.Tcp.Fuzz -- [TARGET|all] [INPUTS] [SEED]
// dotnet run -c Release --project tests/Linkerd.Tcp.Fuzz -- sessions [COUNT] [STEP]
if (args is ["sessions", ..])
{
    var count = args.Length > 1 ? long.Parse(args[1], CultureInfo.InvariantCulture) : 1_000_000;
    var step = args.Length > 2 ? long.Parse(args[2], CultureInfo.InvariantCulture) : 100_000;
    return await SessionsCommand.RunAsync(count, Math.Min(count, step));
}

var which = args.Length > 0 ? args[0] : "all";
var inputs = args.Length > 1 ? long.Parse(args[1], CultureInfo.InvariantCulture) : 10_000_000;
var seed = args.Length > 2 ? ulong.Parse(args[2], CultureInfo.InvariantCulture) : 1;
var targets = FuzzTargets.All.Where(target => which == "all" || which == target.Name).ToList();
if (targets.Count == 0)
{
    Console.Error.WriteLine($"'{which}': expected all or one of {string.Join(", ", FuzzTargets.All.Select(target => target.Name))}");
    return 64;
}

// Inputs that take longer are printed.
var slow = TimeSpan.FromMilliseconds(200);
foreach (var target in targets)
{
    var corpus = target.Corpus().Select(entry => entry.Input).ToList();
    var mutator = new Mutator(target, corpus, seed);
    var elapsed = Stopwatch.StartNew();
    var slowest = TimeSpan.Zero;
    var reported = elapsed.Elapsed;
    for (long i = 0; i < inputs; i++)
    {
        var input = i < corpus.Count ? corpus[(int)i] : mutator.Next();
        var started = Stopwatch.GetTimestamp();
        try
        {
            target.Check(input);
        }
        catch (FuzzException e)
        {
            var file = Path.GetFullPath($"crash-{target.Name}-{i}");
            File.WriteAllBytes(file, input);
            Console.Error.WriteLine($"{e.Message}\ninput {i} of seed {seed} was written to {file}; add it to tests/Linkerd.Tcp.Fuzz/Corpus/{target.Name} with the fix\n{e.InnerException}");
            return 1;
        }

        var took = Stopwatch.GetElapsedTime(started);
        slowest = took > slowest ? took : slowest;
        if (took > slow)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{target.Name}: input {i} of seed {seed}, of {input.Length} bytes, took {took.TotalMilliseconds:0} ms"));
        }

        if (elapsed.Elapsed - reported > TimeSpan.FromSeconds(30))
        {
            reported = elapsed.Elapsed;
            Console.WriteLine($"{target.Name}: {i} inputs in {reported.TotalSeconds:0} s");
        }
    }

    Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{target.Name}: {inputs} inputs of seed {seed} in {elapsed.Elapsed.TotalSeconds:0} s, none crashed, hung or took unbounded memory; the slowest took {slowest.TotalMilliseconds:0.0} ms"));
}

return 0;
