using System.Collections.Immutable;

namespace Linkerd.Tcp.Naming.Trees;

/// <summary>The prefixes of a dtab, label by label: the entries that match a name are found in the time of its labels, not of all entries. Immutable; any thread.</summary>
internal sealed class DtabIndex
{
    private readonly Node _root = new();

    public DtabIndex(ImmutableArray<DtabEntry> entries)
    {
        for (var i = 0; i < entries.Length; i++)
        {
            var node = _root;
            for (var label = 0; label < entries[i].Prefix.Count; label++)
            {
                node = node.Add(entries[i].Prefix[label]);
            }

            node.Entries.Add(i);
        }
    }

    /// <summary>Gets the index of the last entry before the given one whose prefix matches a name; -1 if there is none.</summary>
    public int FindLast(DstPath name, int before)
    {
        var last = _root.FindLast(before);
        List<Node> level = [_root];
        for (var i = 0; i < name.Count && level.Count > 0; i++)
        {
            var next = new List<Node>();
            foreach (var node in level)
            {
                foreach (var child in (ReadOnlySpan<Node?>)[node.Find(name[i]), node.Find(DtabPrefix.Wildcard)])
                {
                    if (child is not null)
                    {
                        next.Add(child);
                        last = Math.Max(last, child.FindLast(before));
                    }
                }
            }

            level = next;
        }

        return last;
    }

    private sealed class Node
    {
        private Dictionary<string, Node>? _children;

        /// <summary>The entries whose prefix ends here, in the order of the dtab.</summary>
        public List<int> Entries { get; } = [];

        public Node? Find(string label) => _children?.GetValueOrDefault(label);

        public Node Add(string label)
        {
            _children ??= [];
            if (!_children.TryGetValue(label, out var child))
            {
                _children[label] = child = new Node();
            }

            return child;
        }

        public int FindLast(int before)
        {
            var found = Entries.BinarySearch(before);
            var place = (found >= 0 ? found : ~found) - 1;
            return place < 0 ? -1 : Entries[place];
        }
    }
}
