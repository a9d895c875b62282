namespace Linkerd.Tcp.Balancing.LeastConnections;

/// <summary>
/// Endpoints in order of their load per weight, with the values that the rule of least connections uses: a search tree whose nodes hold the least of
/// their subtrees. Every operation is logarithmic in the mean. For one thread at a time.
/// </summary>
/// <remarks>
/// A treap (R. Seidel, C. Aragon, 1996) in an array, without an object per node. Several trees may share the array; a node is in one of them at most.
/// </remarks>
/// <param name="nodes">The nodes, by the number of the endpoint.</param>
internal sealed class LoadTree(LoadTree.Node[] nodes)
{
    /// <summary>No node.</summary>
    public const int None = -1;

    // Quotients that should be equal may differ in their last bits.
    private const double Slack = 1 - 1e-12;

    private readonly Node[] _nodes = nodes;
    private int[] _path = new int[64];
    private int _root = None;

    /// <summary>
    /// Finds, of those that no other is better than by a whole connection, (load + 1) / weight of the other being no more than its load / weight, the one that is
    /// next in turn; <see cref="None"/> if the tree is empty.
    /// </summary>
    public int FindBest()
    {
        if (_root == None)
        {
            return None;
        }

        // The nodes below the limit are a prefix of the order: of log n nodes each with its left subtree.
        var limit = _nodes[_root].MinNext * Slack;
        var best = None;
        var bestTurn = double.PositiveInfinity;
        for (var i = _root; i != None;)
        {
            ref readonly var node = ref _nodes[i];
            if (node.Load >= limit)
            {
                i = node.Left;
                continue;
            }

            if (node.Turn < bestTurn)
            {
                (best, bestTurn) = (i, node.Turn);
            }

            if (node.Left != None && _nodes[node.Left].MinTurn < bestTurn)
            {
                (best, bestTurn) = (node.Left, _nodes[node.Left].MinTurn);
            }

            i = node.Right;
        }

        return FindTurn(best, bestTurn);
    }

    /// <summary>Adds a node that is in no tree, by its values.</summary>
    public void Add(int index)
    {
        ref var added = ref _nodes[index];
        ref var link = ref _root;
        while (link != None && _nodes[link].Priority >= added.Priority)
        {
            ref var node = ref _nodes[link];
            node.MinNext = Math.Min(node.MinNext, added.Next);
            node.MinTurn = Math.Min(node.MinTurn, added.Turn);
            link = ref IsBefore(index, link) ? ref node.Left : ref node.Right;
        }

        Split(link, index, out added.Left, out added.Right);
        link = index;
        Summarize(index);
    }

    /// <summary>Removes a node that is in this tree; its values must be those that it was added with.</summary>
    public void Remove(int index)
    {
        var depth = 0;
        ref var link = ref _root;
        while (link != index)
        {
            if (depth == _path.Length)
            {
                Array.Resize(ref _path, depth * 2);
            }

            _path[depth++] = link;
            ref var node = ref _nodes[link];
            link = ref IsBefore(index, link) ? ref node.Left : ref node.Right;
        }

        link = Merge(_nodes[index].Left, _nodes[index].Right);

        // Up to a size that does not matter.
        while (depth > 0 && Summarize(_path[--depth]))
        {
        }
    }

    private int FindTurn(int index, double turn)
    {
        while (_nodes[index].Turn != turn)
        {
            ref readonly var node = ref _nodes[index];
            index = node.Left != None && _nodes[node.Left].MinTurn == turn ? node.Left : node.Right;
        }

        return index;
    }

    private bool IsBefore(int a, int b)
    {
        var (loadA, loadB) = (_nodes[a].Load, _nodes[b].Load);
        return loadA < loadB || (loadA == loadB && a < b);
    }

    // The nodes of a tree before and after one that is not in it.
    private void Split(int root, int index, out int before, out int after)
    {
        if (root == None)
        {
            before = after = None;
            return;
        }

        ref var node = ref _nodes[root];
        if (IsBefore(index, root))
        {
            Split(node.Left, index, out before, out node.Left);
            after = root;
        }
        else
        {
            Split(node.Right, index, out node.Right, out after);
            before = root;
        }

        Summarize(root);
    }

    private int Merge(int before, int after)
    {
        if (before == None || after == None)
        {
            return before == None ? after : before;
        }

        if (_nodes[before].Priority >= _nodes[after].Priority)
        {
            _nodes[before].Right = Merge(_nodes[before].Right, after);
            Summarize(before);
            return before;
        }

        _nodes[after].Left = Merge(before, _nodes[after].Left);
        Summarize(after);
        return after;
    }

    private bool Summarize(int index)
    {
        ref var node = ref _nodes[index];
        var (next, turn) = (node.Next, node.Turn);
        if (node.Left != None)
        {
            ref readonly var left = ref _nodes[node.Left];
            (next, turn) = (Math.Min(next, left.MinNext), Math.Min(turn, left.MinTurn));
        }

        if (node.Right != None)
        {
            ref readonly var right = ref _nodes[node.Right];
            (next, turn) = (Math.Min(next, right.MinNext), Math.Min(turn, right.MinTurn));
        }

        var isChanged = next != node.MinNext || turn != node.MinTurn;
        (node.MinNext, node.MinTurn) = (next, turn);
        return isChanged;
    }

    /// <summary>An endpoint in the order. Its first three values may be set while it is in no tree; the rest is the tree's.</summary>
    internal struct Node(uint priority)
    {
        /// <summary>Its load per weight.</summary>
        public double Load;

        /// <summary>The same with one connection more.</summary>
        public double Next;

        /// <summary>Its turn: of those that are equally good the lowest is next.</summary>
        public double Turn;

        public double MinNext;
        public double MinTurn;
        public int Left;
        public int Right;
        public readonly uint Priority = priority;
    }
}
