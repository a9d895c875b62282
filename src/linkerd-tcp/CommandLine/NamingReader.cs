using System.CommandLine;
using Linkerd.Tcp.Cli.Naming;
using Linkerd.Tcp.Hosting;
using Linkerd.Tcp.Namerd;
using Linkerd.Tcp.Naming;

namespace Linkerd.Tcp.Cli.CommandLine;

/// <summary>Reads the options that decide how names are resolved, and checks them together.</summary>
internal static class NamingReader
{
    // The namers that namerd does not have, or would resolve no better.
    private static readonly DstPath[] BuiltIn = [DstPath.Parse("/$"), DstPath.Parse("/#/io.l5d.dns"), DstPath.Parse("/#/io.l5d.dnssrv")];

    /// <summary>Reads them.</summary>
    /// <param name="result">The parsed command line.</param>
    /// <param name="argumentName">The name of the target in the help, with its brackets.</param>
    /// <param name="target">The target; null if it has an error already.</param>
    /// <param name="errors">Receives a line for each error; then the return value has no meaning.</param>
    public static TargetNaming Read(ParseResult result, string argumentName, NameTree? target, List<string> errors)
    {
        var before = errors.Count;
        var (local, namerd) = (new LocalInterpreterConfiguration(), new NamerdConfiguration());
        foreach (var option in CliOptions.Naming)
        {
            option.Write(result, errors, option.Row.ModelType == typeof(NamerdConfiguration) ? namerd : local);
        }

        namerd.IsMesh = namerd.BaseAddresses.Any(NamerdText.IsMesh);
        CheckMode(result, namerd, errors);
        NamerdTlsFiles.Load(namerd, (key, message) => errors.Add(Find(key).LongName + message), key => Find(key).LongName);
        var given = CliOptions.Naming.Where(option => option.IsGiven(result)).ToLookup(static option => option.Row.ModelType == typeof(NamerdConfiguration));
        errors.AddRange(given[false].SelectMany(here => given[true].Select(option =>
            $"{option.LongName} means nothing beside {here.LongName}, with which names are bound here and no namerd is asked; expected one of the two")));
        target ??= NameTree.Negative.Instance;
        var isLocal = local.Dtab is not null || local.Namers.Count > 0 || target.Names().All(static name => Array.Exists(BuiltIn, name.StartsWith));
        var naming = new TargetNaming(target, isLocal ? local : namerd);
        if (errors.Count == before && !isLocal && target.Names().Any(name => name.StartsWith(KnownNamers.Groups)))
        {
            errors.Add($"{argumentName} '{target}': addresses with commas are one set only where all names are bound here, and namerd binds these; expected a split of them: a:1 & b:2");
        }

        // A target that can never work is found now, not when the first client comes.
        if (errors.Count == before && naming.Check() is { } problem)
        {
            errors.Add($"{argumentName} '{target}': {problem}");
        }

        return naming;
    }

    private static CliOption Find(string key) => CliOptions.Naming.Single(option => option.Row.ModelType == typeof(NamerdConfiguration) && option.Row.Key == key);

    private static void CheckMode(ParseResult result, NamerdConfiguration namerd, List<string> errors)
    {
        var mode = Find("mode");
        var poll = CliOptions.Naming.Single(static option => option.LongName == "--poll");
        if (poll.IsGiven(result) && mode.Texts(result, []) is ["bind" or "resolve"])
        {
            errors.Add("--poll is short for --namerd-mode poll, and another mode is given; expected one of the two");
        }

        if (namerd is { IsMesh: true, Mode: not NamerdMode.Bind })
        {
            var given = poll.IsGiven(result) ? poll : mode;
            errors.Add($"{given.LongName} means nothing for namerd's mesh interface ('{namerd.BaseAddresses[0]}'), which is always watched; expected --namerd-mode bind");
        }
    }
}
