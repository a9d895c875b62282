namespace Linkerd.Tcp.Cli;

/// <summary>What the proxy leads to, and who resolves it.</summary>
/// <param name="Tree">A name, or a union of names.</param>
/// <param name="IsLocal">Whether the embedded interpreter resolves it, or namerd.</param>
internal sealed record Target(NameTree Tree, bool IsLocal);

/// <summary>Reads the TARGET argument.</summary>
internal static class TargetText
{
    private static readonly DstPath Local = DstPath.Parse("/$");

    /// <summary>Reads a name, or a union of names that need no namerd.</summary>
    /// <exception cref="InvalidValueException">It is neither.</exception>
    public static Target Parse(string text)
    {
        NameTree tree;
        try
        {
            tree = NameTree.Parse(text);
        }
        catch (NameSyntaxException error)
        {
            throw new InvalidValueException(
                $"{error.Message}; expected a name such as /svc/foo or /$/inet/127.0.0.1/8080, or '3 * /$/inet/10.0.0.1/80 & 1 * /$/inet/10.0.0.2/80'");
        }

        var leaves = Leaves(tree).ToList();
        if (leaves.Find(leaf => leaf.Count == 0) is not null)
        {
            throw new InvalidValueException("'/' leads nowhere; expected a name such as /svc/foo");
        }

        var remote = leaves.Find(leaf => !leaf.StartsWith(Local));
        if (remote is not null && tree is not NameTree.Leaf)
        {
            throw new InvalidValueException($"'{remote}' is a name for namerd; a union here may only have names under /$/ (put the union into namerd's dtab)");
        }

        var target = new Target(tree, remote is null);
        if (target.IsLocal)
        {
            CheckBinds(tree);
        }

        return target;
    }

    /// <summary>What can never bind is found now, not when the first client comes.</summary>
    private static void CheckBinds(NameTree tree)
    {
        try
        {
            new LocalInterpreter().Validate(tree);
        }
        catch (NameBindingException error)
        {
            throw new InvalidValueException(error.Message);
        }
    }

    private static IEnumerable<DstPath> Leaves(NameTree tree) => tree switch
    {
        NameTree.Leaf leaf => [leaf.Path],
        NameTree.Union union => union.Branches.SelectMany(branch => Leaves(branch.Tree)),
        _ => [],
    };
}
