using System.CommandLine;
using Linkerd.Tcp.Cli.Naming;
using Linkerd.Tcp.Hosting;
using Linkerd.Tcp.Hosting.Namerd;
using Linkerd.Tcp.Namerd;
using Linkerd.Tcp.Namerd.Mesh;
using Linkerd.Tcp.Naming;

namespace Linkerd.Tcp.Cli.CommandLine;

/// <summary>Reads the options that decide how names are resolved, and checks them together.</summary>
internal static class NamingReader
{
    // The namers that namerd does not have, or would resolve no better.
    private static readonly DstPath[] BuiltIn = [DstPath.Parse("/$"), DstPath.Parse("/#/io.l5d.dns"), DstPath.Parse("/#/io.l5d.dnssrv")];

    /// <summary>Reads them.</summary>
    /// <param name="result">The parsed command line.</param>
    /// <param name="targets">The targets, each with the argument or option that has it; none if there is an error already.</param>
    /// <param name="errors">Receives a line for each error; then the return value has no meaning.</param>
    public static InterpreterConfiguration Read(ParseResult result, IReadOnlyList<(string Source, NameTree Tree)> targets, List<string> errors)
    {
        var before = errors.Count;
        var (local, namerd) = (new LocalInterpreterConfiguration(), new NamerdConfiguration());
        foreach (var option in CliOptions.Naming)
        {
            option.Write(result, errors, option.Row.ModelType == typeof(NamerdConfiguration) ? namerd : local);
        }

        namerd.IsMesh = namerd.BaseAddresses.Any(static address => address.Scheme is MeshAddress.Scheme or MeshAddress.TlsScheme);
        CheckMode(result, namerd, errors);
        namerd.CheckTls((key, message) => errors.Add(Find(key).LongName + message), key => Find(key).LongName);
        var given = CliOptions.Naming.Where(option => option.IsGiven(result)).ToLookup(static option => option.Row.ModelType == typeof(NamerdConfiguration));
        errors.AddRange(given[false].SelectMany(here => given[true].Select(option =>
            $"{option.LongName} means nothing beside {here.LongName}, with which names are bound here and no namerd is asked; expected one of the two")));
        var isLocal = local.Dtab is not null || local.Namers.Count > 0 || targets.SelectMany(static target => target.Tree.Names()).All(static name => Array.Exists(BuiltIn, name.StartsWith));
        InterpreterConfiguration interpreter = isLocal ? local : namerd;
        if (errors.Count > before)
        {
            return interpreter;
        }

        foreach (var (source, tree) in targets)
        {
            if (!isLocal && tree.Names().Any(name => name.StartsWith(KnownNamers.Groups)))
            {
                errors.Add($"{source}: addresses with commas are one set only where all names are bound here, and namerd binds these; expected a split of them: a:1 & b:2");
            }
            else if (new TargetNaming(tree, interpreter).Check() is { } problem)
            {
                // A target that can never work is found now, not when the first client comes.
                errors.Add($"{source}: {problem}");
            }
        }

        return interpreter;
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
