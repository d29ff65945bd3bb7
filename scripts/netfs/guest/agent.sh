# Runs what the other end of the virtual serial port sends, a line each: a number, and a script in base64. It answers with
# the number, the exit code, and the output in base64. Scripts run side by side.
exec 3<>/dev/vport0p1
echo ready >&3
while read -r id code <&3; do
  (
    echo "$code" | base64 -d >"/run/command-$id"
    sh "/run/command-$id" >"/run/output-$id" 2>&1 </dev/null 3>&-
    printf '%s %s %s\n' "$id" "$?" "$(base64 -w 0 "/run/output-$id")" >&3
    rm "/run/command-$id" "/run/output-$id"
  ) &
done
# The other end is not there (yet).
sleep 0.2
