# What an administrator has in the login shell.
export SHOP_HOME="$(dirname "${BASH_SOURCE[0]}")/.."
export PATH="$SHOP_HOME/tools:$PATH"
