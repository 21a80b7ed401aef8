#!/usr/bin/env bun
import "./main.js";
