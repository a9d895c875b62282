using System.Buffers;

namespace Linkerd.Tcp.Security.Routing;

/// <summary>
/// Gives connections a name by their server name and application protocols. Of the patterns that fit, the one with the fewest <c>*</c> counts, then the one whose rule comes first; all that fit have as many
/// labels as the server name. Of the rules with that pattern, one for an application protocol comes before the one without, in the order in which the client offers the protocols, as in Envoy; if none of
/// them fits, the next pattern counts. Then come the rules for an application protocol alone, then the default. Immutable; any thread.
/// </summary>
/// <remarks>
/// A look-up follows the labels from the right through a tree of dictionaries, on two branches for each label at which patterns with that label and with <c>*</c> differ: with <c>*</c> as the first label only, as is usual, it
/// takes at most one step more than there are labels. It allocates nothing if the target of the rule has no captures.
/// </remarks>
internal sealed class ServerNameRules
{
    // Names of DNS have 253 at most. A PROXY header may carry anything.
    private const int MaxName = 255;
    private const int MaxLabels = (MaxName + 1) / 2;
    private static readonly SearchValues<char> NotOfLabel = SearchValues.Create([.. Enumerable.Range(0, 128).Select(value => (char)value).Where(c => !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_'))]);

    private readonly Node _names = new();
    private readonly Choice _anyName = new();
    private readonly DstPath? _default;

    /// <summary>Initializes the rules.</summary>
    /// <param name="rules">The rules, without the problems of <see cref="FindProblems"/>.</param>
    /// <param name="otherwise">The name if no rule fits; null: none.</param>
    /// <exception cref="ArgumentException">Two rules have the same pattern.</exception>
    public ServerNameRules(IReadOnlyList<ServerNameRule> rules, DstPath? otherwise)
    {
        ArgumentNullException.ThrowIfNull(rules);
        _default = otherwise;
        for (var i = 0; i < rules.Count; i++)
        {
            var node = _names;
            for (var label = rules[i].Pattern.Labels.Length - 1; label >= 0; label--)
            {
                node = node.GetOrAdd(rules[i].Pattern.Labels[label]);
            }

            var choice = rules[i].Pattern.Labels.IsEmpty ? _anyName : node.Choice ??= new Choice();
            if (!choice.TryAdd(rules[i], i))
            {
                throw new ArgumentException(FindProblems(rules).First().Problem, nameof(rules));
            }
        }
    }

    /// <summary>Returns the rules that can never count, with the reason: those whose pattern an earlier rule has. Any other rule has server names and protocols of its own.</summary>
    public static IEnumerable<(int Index, string Problem)> FindProblems(IReadOnlyList<ServerNameRule> rules)
    {
        ArgumentNullException.ThrowIfNull(rules);
        var first = new Dictionary<string, ServerNameRule>(StringComparer.Ordinal);
        for (var i = 0; i < rules.Count; i++)
        {
            var pattern = rules[i].Pattern.ToString();
            if (!first.TryAdd(pattern, rules[i]))
            {
                yield return (i, $"'{rules[i]}' never counts, as '{first[pattern]}' comes first; expected each pattern once");
            }
        }
    }

    /// <summary>Finds the name for a connection.</summary>
    /// <param name="serverName">The server name, in any case, with or without a dot at the end; null: none.</param>
    /// <param name="protocols">The application protocols that the client offers, in its order; after a handshake, the one that was chosen.</param>
    /// <returns>The name; null if no rule fits and there is no default.</returns>
    public DstPath? Find(string? serverName, ReadOnlySpan<string> protocols) => Find(serverName, protocols, out _);

    /// <param name="serverName">The server name.</param>
    /// <param name="protocols">The application protocols.</param>
    /// <param name="isFixed">True if the name has no captures, so that no client has a part in it.</param>
    /// <inheritdoc cref="Find(string?, ReadOnlySpan{string})"/>
    public DstPath? Find(string? serverName, ReadOnlySpan<string> protocols, out bool isFixed)
    {
        isFixed = true;
        if (serverName is { Length: > 0 and <= MaxName })
        {
            Span<char> lower = stackalloc char[MaxName];
            lower = lower[..serverName.AsSpan().ToLowerInvariant(lower)];
            var name = lower[^1] == '.' ? lower[..^1] : lower;
            var best = default(Match);
            Search(_names, name, protocols, 0, ref best);
            if (best.Rule is { } rule)
            {
                isFixed = rule.Target.IsFixed;
                return Expand(rule, name);
            }
        }

        return _anyName.Find(protocols, out _)?.Target.Expand(default, default) ?? _default;
    }

    // The rest of the name is what is left of the labels that led to the node.
    private static void Search(Node node, ReadOnlySpan<char> rest, ReadOnlySpan<string> protocols, int wildcards, ref Match best)
    {
        var dot = rest.LastIndexOf('.');
        var label = rest[(dot + 1)..];
        if (node.Find(label) is { } exact)
        {
            Step(exact, rest, dot, protocols, wildcards, ref best);
        }

        if (node.Any is { } any && IsCaptured(label))
        {
            Step(any, rest, dot, protocols, wildcards + 1, ref best);
        }
    }

    private static void Step(Node node, ReadOnlySpan<char> rest, int dot, ReadOnlySpan<string> protocols, int wildcards, ref Match best)
    {
        if (best.Rule is not null && wildcards > best.Wildcards)
        {
            return;
        }

        if (dot >= 0)
        {
            Search(node, rest[..dot], protocols, wildcards, ref best);
        }
        else if (node.Choice?.Find(protocols, out var order) is { } rule && (best.Rule is null || wildcards < best.Wildcards || order < best.Order))
        {
            best = new Match(rule, wildcards, order);
        }
    }

    private static bool IsCaptured(ReadOnlySpan<char> label) => !label.IsEmpty && !label.ContainsAny(NotOfLabel);

    private static DstPath Expand(ServerNameRule rule, ReadOnlySpan<char> name)
    {
        Span<Range> captured = stackalloc Range[MaxLabels];
        var (count, start) = (0, 0);
        foreach (var label in rule.Pattern.Labels)
        {
            var dot = name[start..].IndexOf('.');
            var end = dot < 0 ? name.Length : start + dot;
            if (label == ServerNamePattern.AnyLabel)
            {
                captured[count++] = start..end;
            }

            start = end + 1;
        }

        return rule.Target.Expand(name, captured[..count]);
    }

    private readonly record struct Match(ServerNameRule? Rule, int Wildcards, int Order);

    // The patterns with the same last labels.
    private sealed class Node
    {
        private readonly Dictionary<string, Node> _labels = new(StringComparer.Ordinal);

        public Node? Any { get; private set; }

        // The rules whose patterns end here.
        public Choice? Choice { get; set; }

        public Node? Find(ReadOnlySpan<char> label) => _labels.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(label, out var node) ? node : null;

        public Node GetOrAdd(string label)
        {
            if (label == ServerNamePattern.AnyLabel)
            {
                return Any ??= new Node();
            }

            return _labels.TryGetValue(label, out var node) ? node : _labels[label] = new Node();
        }
    }

    // The rules with the same labels, by application protocol; the empty one is that of the rule without.
    private sealed class Choice
    {
        private readonly Dictionary<string, (ServerNameRule Rule, int Order)> _protocols = new(StringComparer.Ordinal);

        public bool TryAdd(ServerNameRule rule, int order) => _protocols.TryAdd(rule.Pattern.Protocol ?? string.Empty, (rule, order));

        public ServerNameRule? Find(ReadOnlySpan<string> protocols, out int order)
        {
            foreach (var protocol in protocols)
            {
                if (protocol.Length > 0 && _protocols.TryGetValue(protocol, out var found))
                {
                    order = found.Order;
                    return found.Rule;
                }
            }

            var rest = _protocols.GetValueOrDefault(string.Empty);
            order = rest.Order;
            return rest.Rule;
        }
    }
}
