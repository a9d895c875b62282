using System.Globalization;
using Linkerd.Tcp.Cli.CommandLine;
using Linkerd.Tcp.Cli.Primitives;
using Linkerd.Tcp.Hosting;
using Linkerd.Tcp.Naming;

namespace Linkerd.Tcp.Cli.Resolving;

/// <summary>Prints the states of a name for <c>resolve</c>.</summary>
internal sealed class ResolveReport(ResolveSettings settings, DstPath name, TimeProvider timeProvider, TextWriter output, TextWriter errors)
{
    private NameSnapshot _last = NameSnapshot.Nothing;
    private string? _lastText;
    private string? _lastDocument;

    /// <summary>Prints the first state, in full.</summary>
    public ResolveVerdict First(NameSnapshot snapshot, DelegateTree? delegation)
    {
        var verdict = ResolveVerdict.On(name, snapshot);
        if (settings.Json)
        {
            PrintDocument(snapshot, delegation);
        }
        else
        {
            PrintTree(snapshot, delegation, verdict);
        }

        if (verdict.IsError)
        {
            var after = verdict.ExitCode == ExitCode.Pending ? $" after {OptionTypes.Duration().PrintArgument(settings.Timeout)}" : string.Empty;
            errors.Write($"{(settings.Watch ? Now() : "error:")} {verdict.Text.Replace("still pending", "still pending" + after, StringComparison.Ordinal)}\n");
        }
        else if (snapshot.IsWaiting)
        {
            errors.Write($"warning: still waiting for {string.Join(", ", snapshot.Missing)}\n");
        }

        (_last, _lastText) = (snapshot, verdict.Text);
        output.Flush();
        return verdict;
    }

    /// <summary>Prints the changes of a later state.</summary>
    public void Next(NameSnapshot snapshot, DelegateTree? delegation)
    {
        var verdict = ResolveVerdict.On(name, snapshot);
        var changes = SnapshotChanges.Print(_last, snapshot);
        if (verdict.IsError)
        {
            // The state that was known stays.
            if (verdict.Text != _lastText)
            {
                errors.Write($"{Now()} {verdict.Text}\n");
                _lastText = verdict.Text;
            }

            return;
        }

        if (settings.Json)
        {
            PrintDocument(snapshot, delegation);
        }
        else if (changes.Count > 0 || verdict.Text != _lastText)
        {
            output.Write($"{Now()} {verdict.Text}\n");
            PrintLines(changes);
        }

        (_last, _lastText) = (snapshot, verdict.Text);
        output.Flush();
    }

    private void PrintDocument(NameSnapshot snapshot, DelegateTree? delegation)
    {
        if (ResolveDocument.Print(snapshot, delegation) is var document && document != _lastDocument)
        {
            output.Write(document + '\n');
            _lastDocument = document;
        }
    }

    private void PrintTree(NameSnapshot snapshot, DelegateTree? delegation, ResolveVerdict verdict)
    {
        if (delegation is DelegateTree.Failed failed && snapshot.Tree is not null)
        {
            errors.Write($"warning: how {name} is bound cannot be shown: {failed.Error}\n");
        }

        var shown = delegation is null or DelegateTree.Failed && snapshot.Tree is { } tree ? BoundTreePrinter.ToDelegation(name, tree) : delegation;
        if (shown is not null and not DelegateTree.Failed)
        {
            PrintLines(DelegationPrinter.Print(shown, snapshot));
            output.Write('\n');
        }

        if (!verdict.IsError)
        {
            output.Write($"{(settings.Watch ? Now() + " " : string.Empty)}{verdict.Text}\n");
            PrintLines(EndpointTable.Print(snapshot.Resolution is Resolution.Bound bound ? EndpointShare.Of(bound.Endpoints) : []));
        }
    }

    private void PrintLines(IEnumerable<string> lines)
    {
        foreach (var line in lines)
        {
            output.Write(line + '\n');
        }
    }

    private string Now() => timeProvider.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
