using Linkerd.Tcp.Naming;

namespace Linkerd.Tcp.Cli.Primitives;

/// <summary>
/// The prefixes of entries of a dtab, label by label, so that the matches of a name are found in the time of its labels and not of the entries. Entries are
/// added from the last one to the first.
/// </summary>
internal sealed class PrefixTree
{
    private const string Wildcard = "*";

    private readonly Node _root = new();

    /// <summary>Adds an entry.</summary>
    /// <param name="prefix">Its prefix.</param>
    /// <param name="index">Its place in the dtab.</param>
    /// <param name="ends">True if it ends the search for the names that it matches.</param>
    public void Add(DtabPrefix prefix, int index, bool ends)
    {
        var node = _root;
        for (var i = 0; i < prefix.Count; i++)
        {
            node.Children ??= [];
            if (!node.Children.TryGetValue(prefix[i], out var child))
            {
                node.Children[prefix[i]] = child = new Node();
            }

            node = child;
        }

        node.HasEntry = true;
        node.FirstEnd = ends ? index : node.FirstEnd;
    }

    /// <summary>Returns true if an entry matches a name.</summary>
    public bool Matches(DstPath name) => Walk(name.Count, i => name[i]).Any(node => node.HasEntry);

    /// <summary>Returns true if an entry matches a name, or may match it with further labels.</summary>
    public bool MayMatch(DstPath name) => Walk(name.Count, i => name[i], isOpen: true).Any(node => node.HasEntry);

    /// <summary>Gets the first of the entries that end the search for all names that another prefix matches; null if there is none.</summary>
    public int? FindEnd(DtabPrefix prefix)
    {
        var first = Walk(prefix.Count, i => prefix[i]).Min(node => node.FirstEnd);
        return first == int.MaxValue ? null : first;
    }

    // Every node on the way, the root first; with "isOpen" also everything below the last ones. A wildcard matches any label; only a wildcard covers one.
    private IEnumerable<Node> Walk(int count, Func<int, string> label, bool isOpen = false)
    {
        var level = new List<Node> { _root };
        for (var i = 0; level.Count > 0; i++)
        {
            var next = new List<Node>();
            foreach (var node in level)
            {
                yield return node;
                if (i < count)
                {
                    Take(node, Wildcard, next);
                    if (label(i) != Wildcard)
                    {
                        Take(node, label(i), next);
                    }
                }
                else if (isOpen && node.Children is { } children)
                {
                    next.AddRange(children.Values);
                }
            }

            level = next;
        }
    }

    private static void Take(Node node, string label, List<Node> next)
    {
        if (node.Children is { } children && children.TryGetValue(label, out var child))
        {
            next.Add(child);
        }
    }

    private sealed class Node
    {
        public Dictionary<string, Node>? Children { get; set; }

        public bool HasEntry { get; set; }

        public int FirstEnd { get; set; } = int.MaxValue;
    }
}
