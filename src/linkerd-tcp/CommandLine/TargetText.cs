namespace Linkerd.Tcp.Cli;

/// <summary>Reads what is to be resolved.</summary>
internal static class TargetText
{
    /// <summary>Reads a name, or a tree of names.</summary>
    /// <exception cref="InvalidValueException">It is neither.</exception>
    public static NameTree Parse(string text)
    {
        try
        {
            var tree = NameTree.Parse(text);
            return tree.Names().Any(name => name.Count == 0) ? throw new InvalidValueException("'/' leads nowhere; expected a name such as /svc/foo") : tree;
        }
        catch (NameSyntaxException error)
        {
            throw new InvalidValueException(
                $"{error.Message}; expected a name such as /svc/foo or /$/inet/127.0.0.1/8080, or a tree of names such as '3 * /svc/foo & 1 * /svc/bar' or '/svc/foo | /svc/bar'");
        }
    }
}
