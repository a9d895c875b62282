using System.CommandLine;
using Linkerd.Tcp.Namerd;

namespace Linkerd.Tcp.Cli;

/// <summary>Reads the options that decide who resolves names, and judges them together.</summary>
internal static class NamingReader
{
    /// <summary>Options that say something about namerd.</summary>
    private static readonly CliOption[] AboutNamerd =
        [CliOptions.NamerdAddress, CliOptions.NamerdInterval, CliOptions.NamerdNamespace, .. CliOptions.NamerdNaming];

    /// <summary>Reads them.</summary>
    /// <param name="result">What was parsed.</param>
    /// <param name="argumentName">What the help calls the target, in its brackets.</param>
    /// <param name="target">What is to be resolved; null where that is wrong already.</param>
    /// <param name="errors">Gets a line for each thing that is wrong; the return value means nothing then.</param>
    public static NamingSettings Read(ParseResult result, string argumentName, NameTree? target, List<string> errors)
    {
        var before = errors.Count;
        var addresses = CliOptions.NamerdAddress.Read(result, errors);
        var settings = new NamingSettings
        {
            Target = target ?? NameTree.Negative.Instance,
            Disco = CliOptions.Disco.Read(result, errors),
            Dtab = CliOptions.Dtab.Read(result, errors),
            NamerdAddresses = addresses ?? [],
            NamerdInterval = CliOptions.NamerdInterval.Read(result, errors),
            NamerdNamespace = CliOptions.NamerdNamespace.Read(result, errors)!,
            NamerdMode = ReadMode(result, addresses, errors),
            NamerdMaxAge = CliOptions.NamerdMaxAge.Read(result, errors),
            NamerdDtab = CliOptions.NamerdDtab.Read(result, errors) ?? Dtab.Empty,
            NamerdTls = NamerdTlsReader.Read(result, addresses, errors),
        };
        foreach (var local in CliOptions.LocalNaming.Where(option => option.IsGiven(result)))
        {
            errors.AddRange(AboutNamerd.Where(option => option.IsGiven(result)).Select(option =>
                $"{option.LongName} means nothing beside {local.LongName}, with which names are bound here and no namerd is asked; expected one of the two"));
        }

        if (errors.Count == before && target is not null && !settings.IsLocal && target.Names().Any(name => name.StartsWith(KnownNamers.Groups)))
        {
            errors.Add($"{argumentName} '{target}': addresses with commas are one set only where all names are bound here, and namerd binds these; expected a split of them: a:1 & b:2");
        }

        // What can never work is found now, not when the first client comes.
        if (errors.Count == before && target is not null && NamingComposition.Check(settings) is { } problem)
        {
            errors.Add($"{argumentName} '{target}': {problem}");
        }

        return settings;
    }

    private static NamerdMode ReadMode(ParseResult result, IReadOnlyList<Uri>? addresses, List<string> errors)
    {
        var mode = CliOptions.Mode.Read(result, errors);
        if (CliOptions.Poll.IsGiven(result))
        {
            if (mode is not NamerdMode.Poll and not null && CliOptions.Mode.IsGiven(result))
            {
                errors.Add("--poll is short for --namerd-mode poll, and another mode is given; expected one of the two");
            }

            mode = NamerdMode.Poll;
        }

        if (mode is NamerdMode.Poll or NamerdMode.Resolve && addresses is [var first, ..] && NamerdText.IsMesh(first))
        {
            errors.Add($"{(CliOptions.Poll.IsGiven(result) ? "--poll" : "--namerd-mode")} means nothing for namerd's mesh interface ('{first}'), which is always watched; expected --namerd-mode bind");
        }

        return mode ?? NamerdMode.Bind;
    }
}
