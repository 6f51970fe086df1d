// @ts-types="./v7.d.ts"
export * from "npm:deno-std@1.4.0/uuid/v7.js";
